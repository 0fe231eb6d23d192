export { awaitAnswer } from './await_answer.ts'
export { setUpProject, type AssistantSettings, type ProjectSettings, type ProjectSetup } from './project_setup.ts'
export { ProjectSetupError } from './setup_error.ts'
