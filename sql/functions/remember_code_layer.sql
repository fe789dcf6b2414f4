-- The last step of applying the code layer, in the same transaction.
create or replace function lastgood.remember_code_layer(p_version text)
  returns void
  language sql
  volatile
begin atomic
  delete from lastgood.code_layer;
  insert into lastgood.code_layer (version, functions_hash)
  values (p_version, lastgood.functions_hash());
end;

comment on function lastgood.remember_code_layer(text) is
  'Notes which code layer is in place now, with a fingerprint of its functions.';
