CREATE TABLE agents (
  id INTEGER PRIMARY KEY,
  email TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL
);
CREATE TABLE instruments (
  id INTEGER PRIMARY KEY,
  organisation_id INTEGER NOT NULL,
  kind TEXT NOT NULL,
  serial_no TEXT NOT NULL
);
CREATE TABLE orders (
  id INTEGER PRIMARY KEY,
  customer_no TEXT NOT NULL,
  instrument_id INTEGER NOT NULL REFERENCES instruments (id),
  ordered_on DATE NOT NULL,
  delivery_note TEXT,
  total_cents INTEGER NOT NULL
);
CREATE TABLE certificates (
  id INTEGER PRIMARY KEY,
  order_id INTEGER REFERENCES orders (id),
  instrument_id INTEGER NOT NULL REFERENCES instruments (id),
  issued_on DATE NOT NULL,
  signed_by TEXT,
  signed_by_name TEXT,
  witnessed_by TEXT,
  witnessed_by_name TEXT,
  remarks TEXT
);
CREATE TABLE invoices (
  id INTEGER PRIMARY KEY,
  customer_no TEXT NOT NULL,
  issued_on DATE NOT NULL,
  billing_name TEXT NOT NULL,
  attention TEXT,
  card_token TEXT,
  total_cents INTEGER NOT NULL
);
CREATE TABLE invoice_lines (
  id INTEGER PRIMARY KEY,
  invoice_id INTEGER NOT NULL REFERENCES invoices (id),
  description TEXT NOT NULL,
  cents INTEGER NOT NULL
);
CREATE TABLE tickets (
  id INTEGER PRIMARY KEY,
  customer_no TEXT,
  cookie_id TEXT,
  agent_id INTEGER REFERENCES agents (id),
  subject TEXT,
  opened_on DATE NOT NULL
);
CREATE TABLE ticket_messages (
  id INTEGER PRIMARY KEY,
  ticket_id INTEGER NOT NULL REFERENCES tickets (id),
  agent_id INTEGER REFERENCES agents (id),
  body TEXT NOT NULL,
  sent_on DATE NOT NULL
);
CREATE INDEX agents_email ON agents (lower(email));
CREATE INDEX orders_customer ON orders (customer_no);
CREATE INDEX orders_instrument ON orders (instrument_id);
CREATE INDEX certificates_order ON certificates (order_id);
CREATE INDEX certificates_instrument ON certificates (instrument_id);
CREATE INDEX certificates_signed ON certificates (signed_by);
CREATE INDEX certificates_witnessed ON certificates (witnessed_by);
CREATE INDEX invoices_customer ON invoices (customer_no);
CREATE INDEX invoice_lines_invoice ON invoice_lines (invoice_id);
CREATE INDEX tickets_customer ON tickets (customer_no);
CREATE INDEX tickets_cookie ON tickets (cookie_id);
CREATE INDEX tickets_agent ON tickets (agent_id);
CREATE INDEX ticket_messages_ticket ON ticket_messages (ticket_id);
CREATE INDEX ticket_messages_agent ON ticket_messages (agent_id);
