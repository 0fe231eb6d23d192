import type { OfferedTool } from '../model.ts'
import type { OpenTurn } from '../store.ts'

/** Whether the model may call tools in this step: the one after the last that may is for the answer. */
export const mayCall = ({ maxToolSteps }: Pick<OpenTurn, 'maxToolSteps'>, step: number): boolean => step <= maxToolSteps

/** What the model may call in a step. */
export function offerTools(turn: Pick<OpenTurn, 'tools' | 'maxToolSteps'>, step: number): OfferedTool[] {
  if (!mayCall(turn, step)) return []
  return turn.tools.map(({ kind, name, description, parameters, hostedType, hostedOptions }) =>
    kind === 'hosted' && hostedType
      ? { type: 'hosted', hostedType, options: hostedOptions ?? {} }
      : { type: 'function', name, description, parameters },
  )
}
