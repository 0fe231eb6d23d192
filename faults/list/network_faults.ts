import type { Point } from '../world/trace.ts'
import type { Fault } from './fault.ts'

const lose = (
  name: string,
  points: Fault['points'],
  codes: Fault['codes'] = [],
  further: Fault['further'] = [],
): Fault => ({ name, codes, points, further, drops: true })

/** What is lost between the client and the function, and between the function and the database. */
export const NETWORK_FAULTS: readonly Fault[] = [
  lose('request-lost', ['request-sent']),
  lose('answer-lost', ['stream-begun']),
  { ...lose('stream-cut', ['part-sent', 'complete-sent'], [], ['waiting-sent']), most: 6 },
  lose('act-request-lost', ['act-sent'], ['network']),
  lose('act-answer-lost', ['act-answered'], ['network']),
  lose(
    'database-request-lost',
    asked(),
    ['database_unavailable'],
    [
      'calls-asked',
      'end-call-asked',
      'wait-asked',
      'resume-asked',
      'summary-asked',
      'begin-upload-asked',
      'complete-upload-asked',
    ],
  ),
  // The turn has begun, and nobody knows.
  lose(
    'database-answer-lost',
    answered(),
    ['database_unavailable', 'turn_abandoned'],
    [
      'calls-answered',
      'end-call-answered',
      'wait-answered',
      'resume-answered',
      'summary-answered',
      'begin-upload-answered',
      'complete-upload-answered',
    ],
  ),
  // Of a call of a tool.
  lose('tool-answer-lost', ['tool-called']),
]

function asked(): Point[] {
  return ['begin-asked', 'append-asked', 'finish-asked']
}
function answered(): Point[] {
  return ['begin-answered', 'append-answered', 'finish-answered', 'follow-ups-saved']
}
