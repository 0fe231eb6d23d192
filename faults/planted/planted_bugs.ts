import type { PlannedByName } from '../plan.ts'

/** A small patch: this text in place of that one, which has to be there once. */
interface Patch {
  /** A function of the database, or a file below supabase/functions. */
  where: { sql: string } | { file: string }
  from: string
  to: string
}

/** A bug that is planted in a copy of what ships, and the kind of what the run has to find then. */
export interface PlantedBug {
  name: string
  finds: string
  patches: readonly Patch[]
  /** Run before the patches. */
  statement?: string
  stories: readonly PlannedByName[]
}

const inSql = (sql: string, from: string, to: string): Patch => ({ where: { sql: `loacl_private.${sql}` }, from, to })
const inFile = (file: string, from: string, to: string): Patch => ({ where: { file: `_shared/${file}` }, from, to })

const TURN = 'loacl_private.turns'
const APPEND = 'append_turn_parts(uuid, uuid, integer, jsonb)'

export const PLANTED_BUGS: readonly PlantedBug[] = [
  {
    name: 'a dropped settlement',
    finds: 'reservation-left',
    patches: [
      inSql(
        'settle_reservation(uuid, integer, text, bigint, numeric)',
        'where r.turn_id = settle_reservation.turn_id',
        'where false and r.turn_id = settle_reservation.turn_id',
      ),
    ],
    stories: [{ ability: 'ask' }],
  },
  {
    name: 'a skipped fence: a worker that comes back late ends its turn once more',
    finds: 'turn-ended-twice',
    patches: [
      inSql(APPEND, " and t.state = 'running'", ''),
      inSql('finish_turn(uuid, uuid, jsonb)', "turn.state <> 'running' or ", ''),
      inSql('end_turn(uuid, jsonb)', " and t.state in ('running', 'waiting')", ''),
    ],
    stories: [{ ability: 'ask', fault: 'worker-frozen', point: 'append-asked', nth: 2 }],
  },
  {
    name: 'a lost batch',
    finds: 'view-differs',
    patches: [inSql(APPEND, "if tail <> '[]' then", "if tail <> '[]' and turn.last_seq < 4 then")],
    stories: [{ ability: 'reload', actPoint: 'model-ended' }],
  },
  {
    name: 'a doubled question',
    finds: 'question-doubled',
    statement: 'alter table loacl.messages drop constraint messages_client_id_session_id_key',
    patches: [
      inSql(
        'find_asked_message(jsonb, uuid[])',
        'where m.client_id = request_id and',
        'where false and m.client_id = request_id and',
      ),
    ],
    stories: [{ ability: 'ask', fault: 'answer-lost', point: 'stream-begun' }],
  },
  {
    name: 'a lost stop',
    finds: 'stop-lost',
    patches: [inSql(APPEND, 'turn.stop_requested_at is not null', 'false')],
    stories: [{ ability: 'stop', actPoint: 'part-sent' }],
  },
  {
    name: 'a title written after an erasure, which passed over what runs',
    finds: 'erased-data-left',
    patches: [
      inSql(
        'erase_sessions(uuid[])',
        'delete from loacl.sessions s where s.id = any (session_ids);',
        `delete from loacl.sessions s
         where s.id = any (session_ids) and not exists (
           select from loacl_private.turns r join loacl.threads t on t.id = r.thread_id
           where t.session_id = s.id and r.state = 'running'
         );`,
      ),
    ],
    stories: [{ ability: 'erase', actPoint: 'part-sent' }],
  },
  {
    name: 'usage that is logged twice',
    finds: 'usage-doubled',
    patches: [
      inSql(
        `log_usage(${TURN}, integer, text, text, jsonb)`,
        'returning * into logged;',
        `returning * into logged;
         logged.id := gen_random_uuid();
         insert into loacl.usage_logs select logged.*;`,
      ),
    ],
    stories: [{ ability: 'ask-again' }],
  },
  {
    name: 'an end that is not stored where the database is away',
    finds: 'view-differs',
    patches: [
      inFile(
        'domain/turn_closing.ts',
        'retryWhileAway(() => store.finishTurn(turn.turn, saved), delays)',
        'store.finishTurn(turn.turn, saved).catch(() => undefined)',
      ),
    ],
    stories: [{ ability: 'ask', fault: 'database-request-lost', point: 'finish-asked' }],
  },
  {
    name: 'an answer that is stored without its last letters',
    finds: 'answer-short',
    patches: [
      inSql(
        'end_turn(uuid, jsonb)',
        "content = coalesce(outcome ->> 'content', m.content),",
        "content = coalesce(left(outcome ->> 'content', -3), m.content),",
      ),
    ],
    stories: [{ ability: 'ask' }],
  },
  {
    name: 'a false code',
    finds: 'code-model_request_rejected',
    patches: [inFile('adapters/openai_client.ts', 'if (status === 429)', 'if (status === 428)')],
    stories: [{ ability: 'ask', fault: 'model-busy', point: 'model-called' }],
  },
  {
    name: 'a tool that nobody is asked about',
    finds: 'call-unasked',
    patches: [
      inSql(
        'begin_call(loacl_private.turns, integer, jsonb, text)',
        "when not is_approved then 'pending'",
        "when false then 'pending'",
      ),
    ],
    stories: [{ ability: 'approve', actPoint: 'follow-ups-saved' }],
  },
  {
    name: 'a withdrawn answer whose stream is kept',
    finds: 'flagged-shown',
    patches: [
      inSql(
        'withdraw_answer()',
        'where t.message_id = new.id and c.turn_id = t.id',
        'where false and t.message_id = new.id and c.turn_id = t.id',
      ),
    ],
    stories: [{ ability: 'flag-answer', actPoint: 'part-sent' }],
  },
  {
    name: 'a message that was stopped before it was checked, and is told later',
    finds: 'flagged-told',
    patches: [inSql('read_branch(uuid)', '(has_refusals or is_moderated)', 'has_refusals')],
    stories: [
      {
        ability: 'stop-question',
        actPoint: 'question-check-asked',
        fault: 'moderation-hangs',
        point: 'question-check-asked',
      },
    ],
  },
  {
    name: 'a title that is stored whatever moderation says',
    finds: 'flagged-kept',
    patches: [
      inFile(
        'domain/turn.ts',
        '(await moderation.allows(shown)) ? made',
        '((await moderation.allows(shown)) || true) ? made',
      ),
    ],
    stories: [{ ability: 'moderated' }],
  },
  {
    name: 'an upload of an erased visitor that is not deleted',
    finds: 'bytes-left',
    patches: [
      inSql(
        'queue_deleted_upload()',
        "perform loacl_private.queue_deletion('storage_object', old.storage_path, null, old.closes_at);",
        '',
      ),
    ],
    stories: [{ ability: 'upload-erase', actPoint: 'bytes-stored' }],
  },
  {
    name: 'an upload that comes after its deletion, and stays',
    finds: 'bytes-left',
    patches: [inSql('queue_deleted_upload()', 'null, old.closes_at', 'null, null')],
    stories: [{ ability: 'upload-erase', actPoint: 'bytes-stored' }],
  },
  {
    name: 'an upload that is completed once, and not found when it is completed again',
    finds: 'code-file_not_found',
    patches: [inSql('find_upload(uuid, jsonb)', 'if file.id is null and upload.state', 'if upload.state')],
    stories: [{ ability: 'file-alone', fault: 'file-answer-lost', point: 'checked-sent' }],
  },
  {
    name: 'an answer that nobody has checked, of a worker that was lost',
    finds: 'answer-unchecked',
    patches: [inSql(`is_unchecked(${TURN})`, 'a.moderates_output AND', 'false AND a.moderates_output AND')],
    stories: [
      { ability: 'flag-early', actPoint: 'finish-answered', fault: 'worker-killed', point: 'answer-check-asked' },
    ],
  },
]
