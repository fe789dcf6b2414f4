-- Last of all: nothing for everybody, then what each role was given.
revoke all on schema lastgood, lastgood_report from public;
revoke all on all tables in schema lastgood from public;
revoke all on all sequences in schema lastgood from public;
revoke all on all functions in schema lastgood, lastgood_report from public;

do $$
begin
  perform lastgood.apply_grants();
end;
$$;
