-- A shop: customers own addresses, payment methods, orders (items, payments, shipments),
-- tickets (messages) and logins. Every foreign key has its index.
CREATE TABLE customers (
    id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, full_name TEXT, phone TEXT,
    birth_date DATE, created_at TIMESTAMP NOT NULL);
CREATE TABLE addresses (
    id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id),
    street TEXT, city TEXT, postcode TEXT, country TEXT);
CREATE TABLE payment_methods (
    id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id),
    card_holder TEXT, card_number TEXT, expiry TEXT);
CREATE TABLE orders (
    id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id),
    placed_at TIMESTAMP NOT NULL, contact_email TEXT, note TEXT, total_cents INTEGER NOT NULL);
CREATE TABLE order_items (
    id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES orders (id),
    sku TEXT NOT NULL, qty INTEGER NOT NULL, engraving TEXT);
CREATE TABLE payments (
    id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES orders (id),
    payer_name TEXT, payer_ip TEXT, amount_cents INTEGER NOT NULL);
CREATE TABLE shipments (
    id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES orders (id),
    recipient TEXT, recipient_phone TEXT, tracking TEXT);
CREATE TABLE tickets (
    id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id),
    subject TEXT, contact_email TEXT);
CREATE TABLE ticket_messages (
    id INTEGER PRIMARY KEY, ticket_id INTEGER NOT NULL REFERENCES tickets (id),
    body TEXT, author_name TEXT);
CREATE TABLE logins (
    id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id),
    ip TEXT, user_agent TEXT, at TIMESTAMP NOT NULL);
