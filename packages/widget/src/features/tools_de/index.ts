import type { ToolWords } from '../tools/english.ts'

/** What the feature `tools` says in German. */
export const strings: ToolWords = {
  toolRunning: 'Läuft …',
  toolDone: 'Erledigt',
  toolApproved: 'Zugestimmt',
  toolDenied: 'Von Ihnen abgelehnt',
  toolInput: 'Gesendet',
  toolOutput: 'Erhalten',
  approvalHost: 'Geht an {host}',
  approve: 'Zustimmen',
  deny: 'Ablehnen',
  approvalExpires: 'Läuft {when} ab',
  approvalSending: 'Wird gesendet …',
  approvalsWaiting: {
    one: 'Eine Anfrage wartet auf Ihre Zustimmung:',
    other: '{count} Anfragen warten auf Ihre Zustimmung:',
  },
  toolErrors: {
    tool_unknown: 'Dieses Werkzeug gibt es hier nicht.',
    arguments_invalid: 'Der Aufruf war falsch. Es wurde nichts ausgeführt.',
    too_many_calls: 'Das war zu viel auf einmal. Es wurde nichts ausgeführt.',
    tool_unreachable: 'Nicht erreichbar.',
    tool_timeout: 'Keine Antwort in der vorgesehenen Zeit.',
    tool_result_invalid: 'Die Antwort ist nicht lesbar.',
    tool_result_too_large: 'Die Antwort ist zu lang.',
    tool_refused: 'Wurde zurückgewiesen.',
    tool_failed: 'Fehlgeschlagen.',
    tool_changed: 'Das Werkzeug wurde inzwischen geändert. Es wurde nichts ausgeführt.',
    page_unavailable: 'Keine geöffnete Seite konnte es ausführen.',
    expired: 'Nicht rechtzeitig zugestimmt. Es wurde nichts ausgeführt.',
    stopped: 'Angehalten. Es wurde nichts ausgeführt.',
    cancelled: 'Durch Ihre nächste Nachricht abgebrochen. Es wurde nichts ausgeführt.',
    unknown: 'Wurde begonnen. Was daraus wurde, ist nicht bekannt.',
  },
  errors: {
    execution_not_found: 'Diese Anfrage gibt es nicht mehr.',
    execution_decided: 'Darüber wurde schon entschieden, vielleicht in einem anderen Tab.',
    approval_expired: 'Die Zeit dafür ist abgelaufen. Es wird nichts ausgeführt.',
  },
}
