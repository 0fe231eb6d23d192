export { awaitAnswer } from './await_answer.ts'
export {
  ProjectSetupError,
  setUpProject,
  type AssistantSettings,
  type ProjectSettings,
  type ProjectSetup,
} from './project_setup.ts'
