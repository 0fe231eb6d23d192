import { SESSION_HEADER } from '@loacl/wire'
import type { Caller, TurnStore } from '../domain/store.ts'
import type { Call } from '../domain/tools/tool.ts'
import { createFunctionCaller, type DataApiOptions } from './data_api.ts'

interface Calls {
  calls: readonly Call[]
}

const asVisitor = ({ sessionToken }: Caller) => ({ [SESSION_HEADER]: sessionToken })

/** The turn's functions in the database, called over the Data API with the project's secret key. */
export function createDataApiStore(options: DataApiOptions): TurnStore {
  const call = createFunctionCaller(options)

  return {
    beginTurn: ({ request, ...circumstances }, caller) =>
      call('begin_turn', { request: { ...request, ...circumstances, claims: caller.claims } }, asVisitor(caller)),
    appendParts: ({ id, lease }, seq, parts) => call('append_turn_parts', { turn_id: id, lease, seq, parts }),
    beginStep: ({ id, lease }, step, input, before) =>
      call('begin_step', { turn_id: id, lease, step, input, outcome: before }),
    waitTurn: ({ id, lease }, waitMs, outcome) => call('wait_turn', { turn_id: id, lease, wait_ms: waitMs, outcome }),
    resumeTurn: ({ id, lease }, step, deadlineMs, caller) =>
      call(
        'resume_turn',
        { turn_id: id, step, lease, deadline_ms: deadlineMs, claims: caller.claims },
        asVisitor(caller),
      ),
    readTurn: (turnId, afterSeq, caller) =>
      call('read_turn_parts', { turn_id: turnId, after_seq: afterSeq, claims: caller.claims }, asVisitor(caller)),
    findTurn: (threadId, caller) =>
      call('find_turn', { thread_id: threadId, claims: caller.claims }, asVisitor(caller)),
    stopTurn: (turnId, caller) => call('stop_turn', { turn_id: turnId, claims: caller.claims }, asVisitor(caller)),
    stopMessage: (messageId, caller) =>
      call('stop_message', { message_id: messageId, claims: caller.claims }, asVisitor(caller)),
    foldTurn: (turnId, { content, parts }) => call('fold_turn', { turn_id: turnId, content, parts }),
    findCitedFiles: ({ id, lease }, fileIds) => call('find_cited_files', { turn_id: id, lease, file_ids: fileIds }),
    finishTurn: ({ id, lease }, outcome) => call('finish_turn', { turn_id: id, lease, outcome }),
    saveFollowUps: ({ id, lease }, { title, suggestions, usage, model, isCalled, moderation }) =>
      call('save_follow_ups', {
        turn_id: id,
        lease,
        title,
        suggestions,
        usage: usage && { ...usage, model },
        is_called: isCalled,
        moderation,
      }),
    beginSummary: ({ id, lease }) => call('begin_summary', { turn_id: id, lease }),
    saveSummary: ({ id, lease }, plan, { summary, usage, isCalled }) =>
      call('save_summary', { turn_id: id, lease, plan, summary, usage, is_called: isCalled }),
    beginCalls: async ({ id, lease }, step, calls) =>
      (await call<Calls, 'begin_calls'>('begin_calls', { turn_id: id, lease, step, calls })).calls,
    endCall: ({ id, lease }, executionId, { result, errorCode, errorMessage, costUsd }) =>
      call('end_call', {
        turn_id: id,
        lease,
        execution_id: executionId,
        outcome: { result, errorCode, errorMessage, costUsd },
      }),
    runCalls: async ({ id, lease }, step) =>
      (await call<Calls, 'run_calls'>('run_calls', { turn_id: id, lease, step })).calls,
    decideCall: (id, { approved, argumentsDigest, reason }, caller) =>
      call(
        'decide_call',
        { execution_id: id, approved, arguments_digest: argumentsDigest, reason, claims: caller.claims },
        asVisitor(caller),
      ),
    claimCall: (id, tab, caller) =>
      call('claim_call', { execution_id: id, tab, claims: caller.claims }, asVisitor(caller)),
    answerCall: (id, tab, answer, caller) =>
      call('answer_call', { execution_id: id, tab, answer, claims: caller.claims }, asVisitor(caller)),
    continueTurn: (turnId, caller) =>
      call('continue_turn', { turn_id: turnId, claims: caller.claims }, asVisitor(caller)),
    shortenHistory: ({ id, lease }) => call('shorten_history', { turn_id: id, lease }),
  }
}
