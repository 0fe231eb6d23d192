const LONGEST = 64

/**
 * What a model calls a tool of an MCP server by: the server's name, and the tool's own as far as a model takes its characters.
 * @example
 * nameRemoteTool('parts', 'find.parts') // 'parts_find_parts'
 */
export const nameRemoteTool = (server: string, remoteName: string): string =>
  `${server}_${remoteName.replaceAll(/[^A-Za-z0-9_-]/g, '_')}`.slice(0, LONGEST)
