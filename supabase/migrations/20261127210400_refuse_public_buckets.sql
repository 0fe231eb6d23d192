-- The bucket was made private where there was none. A public one of that name stayed public, and what visitors attach was open to anybody
-- who learned where it lies.
do $$
begin
  if to_regclass('storage.buckets') is not null then
    if exists (select from storage.buckets b where b.id = 'loacl' and b.public) then
      raise exception 'This project has a public bucket "loacl": what visitors attach would be open to anybody. Make it private, and push again.'
        using hint = 'update storage.buckets set public = false where id = ''loacl''; if files of your own are in it that pages show, move them to another bucket first.';
    end if;
    insert into storage.buckets (id, name, public, file_size_limit)
    values ('loacl', 'loacl', false, 50 * 1024 * 1024)
    on conflict do nothing;
  end if;
end
$$;
