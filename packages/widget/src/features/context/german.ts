import type { ContextStrings } from '../runtime.ts'

export const GERMAN: ContextStrings = {
  contextSent: 'Wird mitgesendet: {page}',
  contextLeft: 'Wird nicht mitgesendet: {page}',
  contextPage: 'diese Seite',
  contextAbout: 'Das sagt die Seite über sich. Es geht mit Ihrer Nachricht mit, für die Antwort.',
  contextLeaveOnce: 'Diesmal weglassen',
  contextLeave: 'Ab jetzt weglassen',
  contextPutBack: 'Wieder mitsenden',
}
