-- A question that was added twice is shown once. Of several that read the same the first that is shown stays; the others are
-- switched off, and nothing of them is lost.
update loacl.guided_questions q
set is_active = false
from (
  select s.id, row_number() over (partition by s.assistant_id, btrim(s.question) order by s.priority desc, s.created_at, s.id) as place
  from loacl.guided_questions s
  where s.is_active
) as shown
where q.id = shown.id and shown.place > 1;

create unique index guided_questions_asked_once_idx on loacl.guided_questions (assistant_id, btrim(question)) where is_active;
comment on index loacl.guided_questions_asked_once_idx is 'Holds: no question twice among those that an assistant shows.';
