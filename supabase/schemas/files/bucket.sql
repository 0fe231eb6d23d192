-- Storage's tables are Storage's: a project without it has no attachments.
do $$
begin
  if to_regclass('storage.buckets') is not null then
    insert into storage.buckets (id, name, public, file_size_limit)
    values ('loacl', 'loacl', false, 50 * 1024 * 1024)
    on conflict do nothing;
  end if;
end
$$;
