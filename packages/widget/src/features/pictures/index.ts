export { insertPictures } from './insert_pictures.ts'
export { default as styles } from './pictures.css?inline'
