import type { ToolKind } from '@loacl/wire'
import type { ToolRunner } from '../domain/tools/tool.ts'

/** Every kind of tool that is run here, behind the one port. */
export const createToolRunner = (runners: { readonly [Kind in ToolKind]?: ToolRunner }): ToolRunner => ({
  run: async (tool, call, context, signal) =>
    (await runners[tool.kind]?.run(tool, call, context, signal)) ?? {
      errorCode: 'tool_unreachable',
      errorMessage: `Tools of the kind ${tool.kind} are not run here.`,
    },
})
