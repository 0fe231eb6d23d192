// What is fetched when a visitor attaches or opens a file.
export { link, remove } from './file_requests.ts'
export { upload } from './upload_file.ts'
