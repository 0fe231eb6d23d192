export type { RequestName, TestRequest } from './answer_request.ts'
export type { FailureDetails, Reply, StreamedAnswer } from './scripted_answer.ts'
export { createTestProject, type FailOptions, type TestProject, type TestProjectOptions } from './test_project.ts'
export type { Ending } from './test_turn.ts'
