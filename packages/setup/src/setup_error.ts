/** The project lacks what only its owner can add, or was told what does not fit it. The message says what to do. */
export class ProjectSetupError extends Error {
  override name = 'ProjectSetupError' as const
}
