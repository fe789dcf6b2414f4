-- A bit of everything that a table can hang on, with names that need quoting.
create schema shop;
create schema "odd schema.with ""quotes""";
create type shop.mood as enum ('sad', 'it''s ok', 'happy');
create domain shop.positive as integer check (value > 0);
create type shop.address as (street text, zip text);
create collation shop.plain from "C";
create sequence shop.ticket start 100;
create function shop.next_ticket() returns bigint language sql as $$ select nextval('shop.ticket') $$;
create function shop.stamp() returns trigger language plpgsql as $$ begin new.changed := clock_timestamp(); return new; end $$;

create table shop.customer (
  id      integer generated always as identity primary key,
  name    text collate shop.plain not null,
  mood    shop.mood default 'happy',
  home    shop.address,
  points  shop.positive default 1,
  ticket  bigint default shop.next_ticket(),
  changed timestamptz,
  shout   text generated always as (upper(name)) stored
);
comment on table shop.customer is 'who buys';
comment on column shop.customer.mood is 'how they are';
create index customer_by_name on shop.customer (lower(name));
create statistics shop.customer_stats on name, points from shop.customer;
create trigger stamp before insert on shop.customer for each row execute function shop.stamp();
alter table shop.customer enable row level security;
create policy everybody on shop.customer using (true);
grant select on shop.customer to public;
insert into shop.customer (name, mood) select 'customer ' || i, 'sad' from generate_series(1, 100) i;

create table shop.orders (
  id       serial primary key,
  customer integer not null references shop.customer,
  placed   date not null,
  note     text
);
comment on index shop.orders_pkey is 'the key of orders';
create table shop.order_line (
  orders integer references shop.orders on delete cascade,
  line   integer,
  parent integer,
  primary key (orders, line),
  constraint line_in_line foreign key (orders, parent) references shop.order_line
);
insert into shop.orders (customer, placed, note) select 1 + i % 100, date '2026-01-01' + i, E'note\twith\nbreaks\\ ' || i from generate_series(1, 1000) i;
insert into shop.order_line (orders, line) select i, j from generate_series(1, 1000) i, generate_series(1, 3) j;
alter table shop.customer add column favourite integer references shop.orders;

create table shop.event (at date not null, kind text not null, body text, primary key (at, kind)) partition by range (at);
create table shop.event_2025 partition of shop.event for values from ('2025-01-01') to ('2026-01-01');
create table shop.event_2026 partition of shop.event for values from ('2026-01-01') to ('2027-01-01') partition by list (kind);
create table shop.event_2026_a partition of shop.event_2026 for values in ('a');
create table shop.event_2026_rest partition of shop.event_2026 default;
create index event_by_body on shop.event (body);
insert into shop.event select date '2025-06-01' + i, case i % 2 when 0 then 'a' else 'b' end, 'body ' || i from generate_series(1, 400) i;

create table shop.animal (name text primary key, legs integer check (legs >= 0));
create table shop.dog (breed text) inherits (shop.animal);
insert into shop.dog values ('rex', 4, 'mutt');
insert into shop.animal values ('hen', 2);

create view shop.happy as select * from shop.customer where mood = 'happy';
create materialized view shop.order_count as select customer, count(*) as orders from shop.orders group by customer;
create unique index order_count_key on shop.order_count (customer);
create rule no_delete as on delete to shop.animal do instead nothing;
create unlogged table shop.scratch (a integer);
create table "odd schema.with ""quotes"""."tab
le ; drop" ("co""l" integer primary key, "a b" text default 'x''y');
insert into "odd schema.with ""quotes"""."tab
le ; drop" values (1, 'eins'), (2, null);
create table public.empty (nothing integer);
create table public."no columns" ();
select lo_from_bytea(0, convert_to('large object', 'UTF8'));
select lo_from_bytea(0, convert_to(repeat('more', 100000), 'UTF8'));
