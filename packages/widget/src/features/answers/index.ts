export { AnswerFooter } from './answer_footer.tsx'
export { FollowUps } from './follow_ups.tsx'
export { spokenEnd } from './spoken.ts'
export { default as styles } from './answers.css?inline'
