// Shows the OpenAPI document of the listener that serves this page, and sends requests to it. What the document and the
// server say is only ever put in as text, never as markup.
'use strict';

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/** An element with attributes and children; a child that is text stays text. */
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

/** What a "$ref" of the document leads to; anything else as it is. */
function resolve(api, node) {
  let found = node;
  while (found && found.$ref) {
    found = found.$ref.slice(2).split('/').reduce((at, step) => at[step], api);
  }
  return found;
}

/** A schema as one reads it: {"id": integer, "tier": string or null}. */
function outline(api, schema, indent = '') {
  const real = resolve(api, schema) || {};
  if (real.allOf) {
    return real.allOf.map((part) => outline(api, part, indent)).join(' and ');
  }
  if (real.type === 'array') {
    return `[${outline(api, real.items, indent)}]`;
  }
  if (real.properties) {
    const required = real.required || [];
    const inner = indent + '  ';
    const lines = Object.entries(real.properties).map(([name, property]) =>
      `${inner}${JSON.stringify(name)}${required.includes(name) ? '' : '?'}: ${outline(api, property, inner)}`);
    return `{\n${lines.join(',\n')}\n${indent}}`;
  }
  if (real.enum) {
    return real.enum.map((value) => JSON.stringify(value)).join(' or ');
  }
  return [].concat(real.type || 'anything').join(' or ');
}

/** The path with its parameters filled in, and the query that was asked for. */
function targetOf(path, fields) {
  const query = new URLSearchParams();
  let target = path;
  for (const { parameter, input } of fields) {
    if (parameter.in === 'path') {
      // What may hold the characters of a target is one already.
      const value = parameter.allowReserved ? input.value : encodeURIComponent(input.value);
      target = target.replace(`{${parameter.name}}`, () => value);
    } else if (input.value !== '') {
      query.append(parameter.name, input.value);
    }
  }
  return query.size > 0 || query.toString() ? `${target}?${query}` : target;
}

/** The header that carries the credential of an operation. */
function credentialOf(api, operation) {
  const names = (operation.security || []).flatMap((choice) => Object.keys(choice));
  const key = document.getElementById('key').value;
  const token = document.getElementById('token').value;
  if (names.includes('apiKey') && key !== '') {
    return { 'X-API-Key': key };
  }
  return names.includes('adminToken') && token !== '' ? { Authorization: `Bearer ${token}` } : {};
}

function pretty(text, type) {
  try {
    return /json/.test(type) ? JSON.stringify(JSON.parse(text), null, 2) : text;
  } catch {
    return text;
  }
}

async function send(request, output) {
  output.replaceChildren(element('p', { class: 'note' }, 'waiting …'));
  try {
    const begin = performance.now();
    const reply = await fetch(request.target, request.options);
    const text = await reply.text();
    const took = (performance.now() - begin).toFixed(1);
    const headers = [...reply.headers].map(([name, value]) => `${name}: ${value}`).join('\n');
    output.replaceChildren(
      element('p', { class: 'status' }, `${reply.status} ${reply.statusText} in ${took} ms`),
      element('pre', {}, headers),
      element('pre', {}, pretty(text, reply.headers.get('content-type') || '')));
  } catch (error) {
    output.replaceChildren(element('p', { class: 'status' }, `no answer: ${error.message}`));
  }
}

function parameterRow(parameter) {
  const input = element('input', { 'aria-label': parameter.name });
  input.value = parameter.example === undefined ? '' : String(parameter.example);
  const row = element('tr', {}, element('td', {}, element('code', {}, parameter.name)),
    element('td', {}, parameter.required ? 'required' : parameter.in), element('td', {}, input),
    element('td', { class: 'help' }, parameter.description || ''));
  return { parameter, input, row };
}

function responseTable(api, operation) {
  const rows = Object.entries(operation.responses).map(([status, response]) => {
    const real = resolve(api, response);
    const content = Object.entries(real.content || {});
    const shapes = content.map(([type, media]) =>
      element('details', {}, element('summary', {}, type), element('pre', {}, outline(api, media.schema))));
    return element('tr', {}, element('td', {}, element('code', {}, status)),
      element('td', {}, real.description, ...shapes));
  });
  return element('table', {}, ...rows);
}

/** What stands below the line of an operation, made when it is opened. */
function operationBody(api, listener, { method, path, operation }) {
  const inside = element('div', { class: 'inside' });
  if (operation.description) {
    inside.append(element('p', {}, operation.description));
  }
  const fields = (operation.parameters || []).map((parameter) => parameterRow(resolve(api, parameter)));
  if (fields.length > 0) {
    inside.append(element('h3', {}, 'Parameters'), element('table', {}, ...fields.map((field) => field.row)));
  }
  let body = null;
  const [type, media] = Object.entries((operation.requestBody || { content: {} }).content)[0] || [];
  if (type) {
    body = element('textarea', { 'aria-label': 'body', spellcheck: 'false' });
    body.value = media.example ? JSON.stringify(media.example, null, 2) : '';
    inside.append(element('h3', {}, `Body (${type})`), body,
      element('details', {}, element('summary', {}, 'schema'), element('pre', {}, outline(api, media.schema))));
  }
  const served = ['both', listener].includes(operation['x-listener']);
  const output = element('div', { 'aria-live': 'polite' });
  const button = element('button', { type: 'button' }, 'Send');
  button.addEventListener('click', () => {
    const headers = { ...credentialOf(api, operation), ...(type ? { 'Content-Type': type } : {}) };
    const options = { method: method.toUpperCase(), headers, credentials: 'omit', cache: 'no-store' };
    if (body) {
      options.body = body.value;
    }
    send({ target: targetOf(path, fields), options }, output);
  });
  inside.append(served ? button
    : element('p', { class: 'note' }, `On the ${operation['x-listener']} listener, which has this page at /docs too.`));
  inside.append(output, element('h3', {}, 'Responses'), responseTable(api, operation));
  return inside;
}

function operationLine(api, listener, found) {
  const details = element('details', { id: found.operation.operationId },
    element('summary', {}, element('span', { class: `method ${found.method}` }, found.method.toUpperCase()),
      element('code', {}, found.path), ` ${found.operation.summary}`));
  details.addEventListener('toggle', () => {
    if (details.open && details.children.length === 1) {
      details.append(operationBody(api, listener, found));
    }
  });
  return details;
}

function operationsOf(api) {
  return Object.entries(api.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => ({ method, path, operation: item[method] })));
}

function show(api) {
  const listener = api.servers[0]['x-listener'];
  document.getElementById('about').textContent =
    `${api.info.title} ${api.info.version}: ${api.info.description} This is the ${listener} listener.`;
  const sections = api.tags.flatMap((tag) => {
    const lines = operationsOf(api).filter((found) => found.operation.tags.includes(tag.name))
      .map((found) => operationLine(api, listener, found));
    return lines.length === 0 ? []
      : [element('h2', {}, tag.name), element('p', { class: 'help' }, tag.description), ...lines];
  });
  document.getElementById('operations').replaceChildren(...sections);
}

async function start() {
  try {
    show(await (await fetch('openapi.json')).json());
  } catch (error) {
    document.getElementById('operations').textContent = `openapi.json cannot be read: ${error.message}`;
  }
}

if (typeof document !== 'undefined') {
  start();
}
if (typeof module !== 'undefined') {
  module.exports = { outline, operationsOf, resolve, targetOf };
}
