// Reads scripts as a browser of 2012 would, with a parser nobody here wrote. usage: es5.js FILE...
'use strict';

const { readFileSync } = require('node:fs');
const { parse } = require('acorn');

for (const file of process.argv.slice(2)) {
  parse(readFileSync(file, 'utf8'), { ecmaVersion: 5 });
  console.log('ES5', file.split('/').pop());
}
try {
  parse('const later = () => 1;', { ecmaVersion: 5 });
  process.exit(1);
} catch (error) {
  console.log('newer scripts are told apart');
}
