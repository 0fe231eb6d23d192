export { HOSTILE_TOOL } from './hostile_server.ts'
export { PARTS_TOOLS } from './parts_tools.ts'
export { readPort, startToolServer, toolServerProgram, type ToolServer, type ToolServerName } from './tool_server.ts'
