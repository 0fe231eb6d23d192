/** What is taken out of a source of Preact, and what stands there instead. `…` is whatever stands between. */
export type Cut = readonly [out: string, by?: string]

/** By the sources' names. Blanks and line ends count for nothing; each cut is made once. */
export const CUTS: Readonly<Record<string, readonly Cut[]>> = {
  'create-element.js': [
    // No component has a ref.
    [`else if (i == 'ref' && typeof type != 'function') ref = props[i];`, `else if (i == 'ref') ref = props[i];`],
    ['if (!original && options.vnode) options.vnode(vnode);'],
  ],
  'component.js': [
    // setState is given an object, and calls nobody back; nor does forceUpdate.
    [
      'let s = this._nextState; … if (update) { assign(s, update); } else { return; }',
      'this._nextState = assign({}, this._nextState, update);',
    ],
    ['if (callback) { this._stateCallbacks.push(callback); }'],
    ['if (callback) this._renderCallbacks.push(callback);'],
    ['this.context = context;'],
    [`typeof vnode.type == 'function' && !vnode.props._parentDom`, `typeof vnode.type == 'function'`],
    ['if (options.vnode) options.vnode(newVNode);'],
    ['oldVNode._flags & MODE_HYDRATE ? [oldDom] : NULL,'],
    ['oldVNode._flags & MODE_HYDRATE,'],
    ['commitRoot(commitQueue, newVNode, refQueue)', 'commitRoot(commitQueue, refQueue)'],
    ['component._globalContext, parentDom.namespaceURI,'],
    ['&& vnode._component && !vnode.props._parentDom', '&& vnode._component'],
    // Nothing but a microtask renders again.
    [
      'if ( (!(c._bits & COMPONENT_DIRTY) && … (prevDebounce || queueMicrotask)(process); } }',
      'if (!(c._bits & COMPONENT_DIRTY)) { c._bits |= COMPONENT_DIRTY; rerenderQueue.push(c) > 1 || queueMicrotask(process); } }',
    ],
    [
      'if ((rerenderCount = rerenderQueue.length)) { (prevDebounce || queueMicrotask)(process);',
      'if (rerenderQueue.length) { queueMicrotask(process);',
    ],
    ['BaseComponent.prototype.render = Fragment;'],
    ['let c, l = 1;', 'let c;'],
    // In the order in which they ask. A child that is drawn before its parent is drawn again with it, where that is needed.
    ['if (rerenderQueue.length > l) { rerenderQueue.sort(depthSort); }'],
    ['l = rerenderQueue.length;'],
  ],
  'children.js': [
    [', applyRef }', '}'],
    // Of what stands among elements, nothing is a function or a `String`.
    [`|| typeof childVNode == 'boolean' || typeof childVNode == 'function'`, `|| typeof childVNode == 'boolean'`],
    [`typeof childVNode != 'object' || childVNode.constructor === String`, `typeof childVNode != 'object'`],
    // Refs are functions, and clean up nothing.
    [
      'if (oldVNode.ref != childVNode.ref || … childVNode ); } }',
      'if (oldVNode.ref != childVNode.ref) { if (oldVNode.ref) oldVNode.ref(NULL); if (childVNode.ref) refQueue.push(childVNode.ref, newDom); }',
    ],
    // Of children in another order, those move that stand behind one that comes later now: not always the fewest.
    ['let skew = 0;', 'let least = oldChildrenLength;'],
    ['let moved = 0;'],
    ['const skewedIndex = i + skew;'],
    ['childVNode, oldChildren, skewedIndex, remainingOldChildren ));', 'childVNode, oldChildren, i));'],
    // Of unkeyed ones in another order, the first that is left is as good as the nearest.
    ['skewedIndex, remainingOldChildren ) {', 'skewedIndex) {'],
    [
      'let oldVNode = oldChildren[skewedIndex]; … return -1;',
      `const fits = (old) => old && !(old._flags & MATCHED) && key == old.key && type == old.type;
      const near = oldChildren[skewedIndex];
      return (near === NULL && key == NULL) || fits(near) ? skewedIndex : oldChildren.findIndex(fits);`,
    ],
    [
      'if (!~matchingIndex) { if (newChildrenLength … skew++; } } if (typeof childVNode.type',
      'if (typeof childVNode.type',
    ],
    [
      'if (matchingIndex == skewedIndex - 1) { … } if (moved) { … newChildren[i]._flags |= INSERT_VNODE; } } } }',
      `} }
      while (i--) {
        childVNode = newChildren[i];
        if (childVNode && childVNode._flags & LIS_CANDIDATE) {
          if (childVNode._index > least) childVNode._flags |= INSERT_VNODE;
          else least = childVNode._index;
        }
      }`,
    ],
    ['if (parentVNode.props._parentDom) return oldDom;'],
    // A page's translator takes a text out and puts a `font` element in its place, which `noteTranslations` keeps as the
    // text's `font`. While it is out, the element is its place.
    ['oldDom = getDomSibling(parentVNode); if (oldDom && !oldDom.parentNode) oldDom = NULL;', 'oldDom = oldDom.font;'],
    // Nobody else's comments are in a panel.
    [
      'let next = oldDom; while (next && next.nodeType == 8) next = next.nextSibling; if (dom != next)',
      'if (dom != oldDom)',
    ],
    // What moves is moved as in browsers that have no other way.
    [
      'if (!isMounting && parentDom.moveBefore && dom.parentNode) { … } else { parentDom.insertBefore(dom, oldDom || NULL); }',
      'parentDom.insertBefore(dom, oldDom || NULL);',
    ],
    ['oldDom, parentDom, !oldVNode._original)', 'oldDom, parentDom)'],
    ['oldDom, parentDom, false)', 'oldDom, parentDom)'],
    ['oldDom, parentDom, isMounting)', 'oldDom, parentDom)'],
    ['oldDom = dom; } while ( … ); return oldDom;', 'return dom.nextSibling; }'],
    ['unmount(oldVNode, oldVNode);', 'unmount(oldVNode);'],
  ],
  'index.js': [
    // Suspense and hydration.
    ['if ( oldVNode._flags & MODE_SUSPENDED && … oldDom = excessDomChildren[0] || oldDom; }'],
    ['if (resumed) resumed.some(removeNode);'],
    ['newVNode._flags &= RESET_MODE;'],
    [
      'if (isHydrating || excessDomChildren) { … } else { newVNode._dom = oldVNode._dom; }',
      'newVNode._dom = oldVNode._dom;',
    ],
    ['if (!(e && e.then)) markAsForce(newVNode);', 'markAsForce(newVNode);'],
    ['function rangeEnd(start, nodes) { … } } function markAsForce', 'function markAsForce'],
    ['if (excessDomChildren) { for ( … break; } } } if (!dom)', 'if (!dom)'],
    ['if (isHydrating) { if (options._hydrationMismatch) … } excessDomChildren = NULL;'],
    ['&& (!isHydrating || dom.data != newProps)'],
    [
      'excessDomChildren = nodeType == … if (!isHydrating && excessDomChildren) { … } for (i in oldProps)',
      'for (i in oldProps)',
    ],
    [`(!isHydrating || typeof value == 'function') &&`],
    ['excessDomChildren ? excessDomChildren[0] : oldVNode._children', 'oldVNode._children'],
    ['if (excessDomChildren) excessDomChildren.some(removeNode);'],
    [`if (!isHydrating || nodeType == 'textarea') {`, '{'],
    ['if ( !skipRemove && (r = vnode._component) && (r = r._excess) && … removeNode(r); }'],
    // Extensions.
    ['if ((tmp = options._diff)) tmp(newVNode);'],
    ['if ((tmp = options.diffed)) tmp(newVNode);'],
    ['if (options._commit) options._commit(root, commitQueue);'],
    ['if (options.unmount) options.unmount(vnode);'],
    // Contexts.
    ['tmp = newType.contextType; … : globalContext; if', 'if'],
    ['new newType(newProps, componentContext)', 'new newType(newProps)'],
    ['new BaseComponent( newProps, componentContext )', 'new BaseComponent(newProps)'],
    ['if (provider) provider.sub(c);'],
    ['c._globalContext = globalContext;'],
    ['c.context = componentContext;'],
    ['if (c.getChildContext) { … c.getChildContext()); }'],
    ['r._parentDom = r._globalContext = NULL;', 'r._parentDom = NULL;'],
    [
      'shouldComponentUpdate( newProps, c._nextState, componentContext )',
      'shouldComponentUpdate(newProps, c._nextState)',
    ],
    // Functions have no methods.
    ['if (isClassComponent && c.componentDidMount)', 'if (c.componentDidMount)'],
    ['if (isClassComponent && c.componentDidUpdate)', 'if (c.componentDidUpdate)'],
    // Methods that no component has, and callbacks of setState.
    ['commitRoot(commitQueue, root, refQueue)', 'commitRoot(commitQueue, refQueue)'],
    ['if (newType.getDerivedStateFromProps) { … } } oldProps', '} oldProps'],
    ['if ( isClassComponent && !newType.getDerivedStateFromProps && c.componentWillMount ) { … }'],
    ['if ( newProps !== oldProps && isClassComponent && … newProps, componentContext); }'],
    ['if (c.componentWillUpdate) { … }'],
    ['if ( isClassComponent && oldVNode._component && c.getSnapshotBeforeUpdate ) { … }'],
    ['c.componentDidUpdate(oldProps, oldState, snapshot);', 'c.componentDidUpdate(oldProps);'],
    ['oldState = c.state;'],
    ['c._stateCallbacks = []; } if (isClassComponent)', '} if (isClassComponent)'],
    ['EMPTY_ARR.push.apply(c._renderCallbacks, c._stateCallbacks); c._stateCallbacks = []; if', 'if'],
    ['if (isClassComponent) { EMPTY_ARR.push.apply(c._renderCallbacks, c._stateCallbacks); c._stateCallbacks = []; }'],
    ['if (!c.state) c.state = {};', 'c._nextState = c.state = c.state || {};'],
    ['if (isClassComponent) { if (!c._nextState) c._nextState = c.state; }'],
    // No component sets its state while it renders.
    ['c._bits &= ~COMPONENT_FORCE;'],
    [
      'let renderHook = … while (c._bits & COMPONENT_DIRTY && ++count < 25);',
      'c._bits = 0; tmp = c.render(c.props, (c.state = c._nextState));',
    ],
    ['c.state = c._nextState; const renderResult', 'const renderResult'],
    // No function asks for its component.
    ['c.constructor = newType; c.render = doRender;', 'c.render = newType;'],
    ['function doRender(props, state, context) { return this.constructor(props, context); }'],
    // A component that returns a fragment has it as its child.
    [
      'const renderResult = tmp && tmp.type === Fragment && tmp.key == NULL ? tmp.props.children : tmp;',
      'const renderResult = tmp;',
    ],
    // Boundaries of errors: what is thrown goes to whoever draws.
    ['if (c._bits & COMPONENT_PENDING_ERROR) { … }'],
    ['if (c._bits & COMPONENT_PROCESSING_EXCEPTION) { … }'],
    ['options._catchError(e, newVNode, oldVNode);', 'throw e;'],
    ['try { commitQueue = c._renderCallbacks;', 'commitQueue = c._renderCallbacks;'],
    ['cb.call(c); }); } catch (e) { options._catchError(e, c._vnode); }', 'cb.call(c); });'],
    ['try { r.componentWillUnmount(); } catch (e) { … }', 'r.componentWillUnmount();'],
    // Portals.
    ['if (newProps._parentDom) { tmp = oldDom; … oldDom = oldVNode._children ? getDomSibling(oldVNode, 0) : NULL; }'],
    ['if (newProps._parentDom) { newVNode._dom = NULL; oldDom = tmp; }'],
    [
      `typeof vnode.type == 'function' ? skipRemove && !vnode.props._parentDom : true`,
      `typeof vnode.type != 'function' || skipRemove`,
    ],
    // Refs.
    ['applyRef(refQueue[i++], refQueue[i++], refQueue[i++]);', 'refQueue[i++](refQueue[i++]);'],
    [
      'export function applyRef( … export function unmount(vnode, parentVNode, skipRemove)',
      'export function unmount(vnode, skipRemove)',
    ],
    ['if ((r = vnode.ref) && (!r.current || r.current == vnode._dom)) { … }', 'if ((r = vnode.ref)) r(NULL);'],
    ['unmount( r[i], parentVNode,', 'unmount( r[i],'],
    // Elements and attributes with rules of their own.
    // What stands in an icon is of SVG, as its element says.
    [`if (nodeType == 'svg') … namespace = XHTML_NAMESPACE;`],
    ['setProperty(dom, i, NULL, value, namespace)', 'setProperty(dom, i, NULL)'],
    ['setProperty(dom, i, value, oldProps[i], namespace)', 'setProperty(dom, i, value)'],
    [
      'const doc = parentDom.ownerDocument || document; if (!nodeType) { return doc.',
      'if (!nodeType) { return document.',
    ],
    [
      'doc.createElementNS( namespace, nodeType, newProps.is ? newProps : parentDom )',
      `document.createElementNS(nodeType == 'svg' ? SVG_NAMESPACE : parentDom.namespaceURI, nodeType)`,
    ],
    [`parentDom = (nodeType == 'template' && dom.content) || dom;`],
    [`if (i == 'dangerouslySetInnerHTML') { oldHtml = value; } else if ( i != 'children'`, `if ( i != 'children'`],
    [`&& !(i == 'value' && 'defaultValue' in newProps) && !(i == 'checked' && 'defaultChecked' in newProps)`],
    [`else if (i == 'dangerouslySetInnerHTML') { newHtml = value; }`],
    [`else if (i == 'checked') { checked = value; }`],
    [`if (newHtml) { … namespace = XHTML_NAMESPACE; } diffChildren( parentDom,`, '{ diffChildren( dom,'],
    [
      `i = 'value'; if (nodeType == 'progress' … i = 'checked'; if (checked … }`,
      'if (inputValue != UNDEFINED && inputValue !== dom.value) dom.value = inputValue;',
    ],
    // A translated text that changes comes back, in place of its element.
    ['dom.data = newProps;', 'if (dom.font) dom.font.replaceWith(dom); dom.data = newProps;'],
  ],
  'props.js': [
    [`if (name == 'style') { … } else if (name[0] == 'o'`, `if (name[0] == 'o'`],
    ['let useCapture;'],
    // One listener serves all of them: no element gets one while an event is on its way.
    [
      `if (typeof value != 'function') value = NULL; … if (value) { dom.addEventListener(name, proxy, useCapture);`,
      'name = name.slice(2).toLowerCase(); (dom._listeners || (dom._listeners = {}))[name] = value; if (value) { dom.addEventListener(name, listen);',
    ],
    ['dom.removeEventListener(name, proxy, useCapture); } }', 'dom.removeEventListener(name, listen); }'],
    [
      'function createEventProxy(name) { … const eventProxies = {};',
      'function listen(event) { this._listeners[event.type](event); }',
    ],
    [
      'if (namespace == SVG_NAMESPACE) { … } else if ( … name in dom )',
      `if ( dom.namespaceURI != SVG_NAMESPACE && name != 'href' && name != 'tabIndex' && name != 'role' && name in dom )`,
    ],
    ['value, oldValue, namespace) {', 'value) {'],
    [`name == 'popover' && value == true ? '' : value`, 'value'],
    [`if (typeof value == 'function') return;`],
  ],
  'render.js': [
    ['if (options._root) options._root(vnode, parentDom);'],
    ['if (parentDom.nodeType == 9) { … }'],
    ['let isHydrating = vnode && vnode._flags & MODE_HYDRATE;'],
    ['isHydrating ? NULL : parentDom._children', 'parentDom._children'],
    [
      'oldVNode || EMPTY_OBJ, EMPTY_OBJ, parentDom.namespaceURI, oldVNode ? NULL : … commitQueue,',
      'oldVNode || EMPTY_OBJ, commitQueue,',
    ],
    ['oldVNode ? oldVNode._dom : parentDom.firstChild', 'oldVNode && oldVNode._dom'],
    ['commitRoot(commitQueue, parentDom._children, refQueue)', 'commitRoot(commitQueue, refQueue)'],
    ['parentDom._children.props.children = NULL;'],
  ],
  'util.js': [
    // An element that is a translated text's place goes with it.
    ['if (node && node.parentNode) node.remove();', 'if (node) { node.remove(); if (node.font) node.font.remove(); }'],
  ],
}

/** What the cuts leave unused in lists of parameters and arguments. */
export const PASSED = ['globalContext', 'namespace', 'excessDomChildren', 'isHydrating']
