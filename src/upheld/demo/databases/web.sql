CREATE TABLE visitors (
  cookie_id TEXT PRIMARY KEY NOT NULL,
  browser TEXT,
  ip TEXT,
  first_seen DATE NOT NULL
);
CREATE TABLE page_views (
  id INTEGER PRIMARY KEY,
  cookie_id TEXT NOT NULL REFERENCES visitors (cookie_id),
  page TEXT NOT NULL,
  referrer TEXT,
  viewed_on DATE NOT NULL
);
CREATE TABLE members (
  id INTEGER PRIMARY KEY,
  customer_no TEXT NOT NULL UNIQUE,
  handle TEXT NOT NULL UNIQUE,
  password_hash TEXT NOT NULL,
  signature TEXT,
  joined_on DATE NOT NULL
);
CREATE TABLE forum_threads (
  id INTEGER PRIMARY KEY,
  started_by INTEGER REFERENCES members (id),
  title TEXT NOT NULL,
  opened_on DATE NOT NULL
);
CREATE TABLE forum_posts (
  id INTEGER PRIMARY KEY,
  thread_id INTEGER NOT NULL REFERENCES forum_threads (id),
  author_id INTEGER REFERENCES members (id),
  reply_to INTEGER REFERENCES forum_posts (id),
  body TEXT NOT NULL,
  posted_on DATE NOT NULL
);
CREATE INDEX page_views_cookie ON page_views (cookie_id);
CREATE INDEX forum_threads_started ON forum_threads (started_by);
CREATE INDEX forum_posts_thread ON forum_posts (thread_id);
CREATE INDEX forum_posts_author ON forum_posts (author_id);
CREATE INDEX forum_posts_reply ON forum_posts (reply_to);
