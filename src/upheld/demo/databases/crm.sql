CREATE TABLE organisations (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  country TEXT NOT NULL,
  contact_id INTEGER REFERENCES customers (id),
  contact_note TEXT
);
CREATE TABLE customers (
  id INTEGER PRIMARY KEY,
  customer_no TEXT NOT NULL UNIQUE,
  organisation_id INTEGER NOT NULL REFERENCES organisations (id),
  email TEXT NOT NULL UNIQUE,
  full_name TEXT NOT NULL,
  phone TEXT,
  job_title TEXT,
  password_hash TEXT NOT NULL,
  notes TEXT,
  created_on DATE NOT NULL
);
CREATE TABLE devices (
  id INTEGER PRIMARY KEY,
  customer_id INTEGER NOT NULL REFERENCES customers (id),
  cookie_id TEXT NOT NULL UNIQUE,
  label TEXT
);
CREATE TABLE events (
  id INTEGER PRIMARY KEY,
  title TEXT NOT NULL,
  town TEXT NOT NULL,
  held_on DATE NOT NULL
);
CREATE TABLE registrations (
  id INTEGER PRIMARY KEY,
  event_id INTEGER NOT NULL REFERENCES events (id),
  customer_id INTEGER REFERENCES customers (id),
  email TEXT NOT NULL,
  attendee_name TEXT,
  badge_note TEXT,
  registered_on DATE NOT NULL
);
CREATE INDEX organisations_contact ON organisations (contact_id);
CREATE INDEX customers_organisation ON customers (organisation_id);
CREATE INDEX customers_email ON customers (lower(email));
CREATE INDEX devices_customer ON devices (customer_id);
CREATE INDEX registrations_event ON registrations (event_id);
CREATE INDEX registrations_customer ON registrations (customer_id);
CREATE INDEX registrations_email ON registrations (lower(email));
