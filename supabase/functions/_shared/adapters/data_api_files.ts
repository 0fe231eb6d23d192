import { SESSION_HEADER } from '@loacl/wire'
import type { FileStore } from '../domain/files/file_store.ts'
import type { Caller } from '../domain/store.ts'
import { createFunctionCaller, type DataApiOptions } from './data_api.ts'

const asVisitor = ({ sessionToken }: Caller) => ({ [SESSION_HEADER]: sessionToken })

/** Visitors' files, over the Data API with the project's secret key. */
export function createDataApiFiles(options: DataApiOptions): FileStore {
  const call = createFunctionCaller(options)
  return {
    beginUpload: ({ request, ...circumstances }, caller) =>
      call('begin_upload', { request: { ...request, ...circumstances, claims: caller.claims } }, asVisitor(caller)),
    findUpload: (id, caller) => call('find_upload', { upload_id: id, claims: caller.claims }, asVisitor(caller)),
    completeUpload: (id, caller, found) =>
      call('complete_upload', { upload_id: id, claims: caller.claims, measured: found }, asVisitor(caller)),
    removeFile: (id, caller) => call('remove_file', { file_id: id, claims: caller.claims }, asVisitor(caller)),
    findFile: (id, caller) => call('find_file', { file_id: id, claims: caller.claims }, asVisitor(caller)),
  }
}
