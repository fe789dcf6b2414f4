-- What an install needs before it can look what is there. Safe to run again.
do $$
begin
  if to_regnamespace('lastgood') is null then
    create schema lastgood;
  end if;
  if to_regclass('lastgood.migrations') is null then
    create table lastgood.migrations (
      id          integer primary key,
      name        varchar(100) unique not null,
      hash        varchar(40) not null,
      executed_at timestamp default current_timestamp
    );
  end if;
  if to_regclass('lastgood.code_layer') is null then
    create table lastgood.code_layer (
      version        text primary key,
      functions_hash text not null,
      applied_at     timestamptz not null default clock_timestamp()
    );
  end if;
end;
$$;
