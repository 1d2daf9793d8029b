import { withBase } from 'vitepress';
import DefaultTheme from 'vitepress/theme';
import { h, onMounted, ref } from 'vue';

let loading;

/** Loads Mermaid once, as it is built: bundled again, it would be most of the site's build. */
function load() {
  return new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = withBase('/mermaid.min.js');
    script.onload = () => resolve(globalThis.mermaid);
    script.onerror = reject;
    document.head.append(script);
  });
}

/** A Mermaid diagram, drawn in the browser; without scripts, its source. */
const Mermaid = {
  props: { source: String },
  setup(props) {
    const text = decodeURIComponent(props.source);
    const box = ref();
    onMounted(async () => {
      loading = loading ?? load();
      const mermaid = await loading;
      const dark = document.documentElement.classList.contains('dark');
      mermaid.initialize({ startOnLoad: false, theme: dark ? 'dark' : 'default' });
      const { svg } = await mermaid.render(`diagram-${Math.random().toString(36).slice(2)}`, text);
      box.value.innerHTML = svg;
    });
    return () => h('pre', { ref: box, style: 'overflow-x: auto; font-size: 13px' }, text);
  },
};

export default {
  extends: DefaultTheme,
  enhanceApp: ({ app }) => app.component('Mermaid', Mermaid),
};
