export { HOSTILE_TOOL } from './hostile_server.ts'
export { readPort, startToolServer, toolServerProgram, type ToolServer, type ToolServerName } from './tool_server.ts'
