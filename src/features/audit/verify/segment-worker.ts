/** A thread that reads segments: out of a folder by itself, or out of what it is given. */
import { parentPort } from 'node:worker_threads';
import { readFolderSegment, type SegmentRequest, type SegmentResult } from './segment-job.ts';

parentPort?.on('message', (request: SegmentRequest) => {
  const result: SegmentResult = { id: request.id, segment: readFolderSegment(request) };
  parentPort?.postMessage(result);
});
