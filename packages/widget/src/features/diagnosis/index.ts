export { tellDeveloper } from './tell_developer.ts'
