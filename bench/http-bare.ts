/** The floor: Fastify with one route that answers with a constant. Its argument is the answer. */
import Fastify from 'fastify';
import { bePart } from './child.ts';

const [text = ''] = process.argv.slice(2);
const bare = Fastify();
bare.get('/', (_request, reply) => reply.type('application/json').send(text));
bePart({ url: await bare.listen({ host: '127.0.0.1', port: 0 }) }, () => bare.close());
