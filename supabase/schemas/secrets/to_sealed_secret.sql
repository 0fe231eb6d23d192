create function loacl_private.to_sealed_secret(secret loacl_private.secrets)
returns jsonb
language sql
stable
security invoker
set search_path = pg_catalog, pg_temp
return (
  select jsonb_build_object(
    'secretId', (secret).id,
    'configId', config.id,
    'keyId', (secret).key_id,
    'ciphertext', (secret).ciphertext,
    'purpose', (secret).purpose,
    'ownerId', (secret).owner_id,
    'provider', coalesce(config.provider, (secret).assistant_id::text, (secret).mcp_server_id::text, ''),
    'baseUrl', coalesce(config.base_url, (select m.endpoint from loacl.mcp_servers m where m.id = (secret).mcp_server_id))
  )
  from (select) as always
  left join lateral (
    select p.id, p.provider, p.base_url
    from loacl.provider_configs p
    where p.secret_id = (secret).id and p.owner_id = (secret).owner_id
    order by p.created_at, p.id
    limit 1
  ) as config on true
);
comment on function loacl_private.to_sealed_secret(loacl_private.secrets) is
  'A secret as the functions open it: the ciphertext, and all that it is bound to. The `provider` of an identity secret or a tool secret is the id of its assistant, that of an MCP secret the id of its server, whose endpoint is the `baseUrl`; none of them has a `configId`.';
revoke all on function loacl_private.to_sealed_secret(loacl_private.secrets) from public;
