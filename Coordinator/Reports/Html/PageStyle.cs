namespace DistEmbed.Coordinator.Reports.Html;

/// <summary>The style of the page: light or dark as the reader's system says, readable on paper, without any file beside it.</summary>
internal static class PageStyle
{
    /// <summary>The style sheet.</summary>
    public const string Css = """
        :root { color-scheme: light dark; --page: #ffffff; --card: #f6f7f9; --ink: #1c2530; --muted: #5a6675; --grid: #dfe4ea; --band: #e6ecf5; --mark: #b3261e; --link: #0b57d0; --heat: #1f77b4; --bad: #c4452f;
          --c1: #1f6fb4; --c2: #c8560c; --c3: #24803a; --c4: #8a4fb5; --c5: #b3261e; --c6: #0b7f8a; --c7: #97700d; --c8: #a83a79; }
        @media (prefers-color-scheme: dark) { :root { --page: #14181d; --card: #1c222a; --ink: #e4e9ef; --muted: #a3afbd; --grid: #333c47; --band: #232d3b; --mark: #ff8a80; --link: #8ab4f8; --heat: #4a9ede; --bad: #ff7d66;
          --c1: #6cb2f0; --c2: #f5a158; --c3: #74cf8a; --c4: #c9a0ea; --c5: #ff8a80; --c6: #5fd0da; --c7: #e0bd5c; --c8: #f08fc4; } }
        * { box-sizing: border-box; }
        body { margin: 0 auto; max-width: 84rem; padding: 1.5rem clamp(1rem, 4vw, 3rem) 4rem; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
        h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .3rem; }
        h2 { font-size: 1.4rem; margin: 2.6rem 0 .4rem; padding-top: .8rem; border-top: 2px solid var(--grid); }
        h3 { font-size: 1.08rem; margin: 1.8rem 0 .4rem; }
        p { margin: .3rem 0 .8rem; max-width: 70rem; }
        a { color: var(--link); }
        nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; margin: .8rem 0; padding: 0; }
        .status { display: inline-block; padding: .1rem .7rem; border-radius: 1rem; border: 1px solid currentColor; font-weight: 600; }
        .status.done { color: var(--c3); } .status.open { color: var(--c2); }
        dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); gap: .6rem 1.4rem; margin: .6rem 0; }
        dt { color: var(--muted); font-size: .82rem; } dd { margin: 0; overflow-wrap: anywhere; }
        table { border-collapse: collapse; font-size: .92rem; margin: .4rem 0 .8rem; }
        caption { text-align: left; color: var(--muted); font-size: .85rem; padding-bottom: .3rem; }
        th, td { text-align: left; padding: .22rem .7rem; border-bottom: 1px solid var(--grid); vertical-align: top; font-weight: normal; }
        thead th { color: var(--muted); font-size: .82rem; } tbody th { font-weight: 600; }
        .n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
        .wide { overflow-x: auto; }
        .confusion td, .confusion th { padding: .22rem .5rem; }
        .right { background: color-mix(in srgb, var(--heat) calc(var(--share) * .55), transparent); } .wrong { background: color-mix(in srgb, var(--bad) calc(var(--share) * 1), transparent); }
        .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr)); gap: 1rem; }
        figure { margin: 0; padding: .6rem; background: var(--card); border: 1px solid var(--grid); border-radius: .5rem; display: flex; flex-direction: column; }
        figcaption { font-weight: 600; font-size: .92rem; padding: 0 .2rem .3rem; }
        .legend { list-style: none; display: flex; flex-wrap: wrap; gap: 0 1.1rem; margin: 0; padding: 0 .2rem .2rem; font-size: .84rem; }
        .legend li::before { content: ""; display: inline-block; width: 1.1rem; height: .2rem; margin-right: .4rem; vertical-align: middle; background: var(--curve); }
        svg { display: block; width: 100%; height: auto; }
        svg text { paint-order: stroke; stroke: var(--card); stroke-width: 3px; stroke-opacity: .7; }
        details { margin: .6rem 0; } summary { cursor: pointer; color: var(--link); }
        pre { background: var(--card); border: 1px solid var(--grid); border-radius: .5rem; padding: .8rem; overflow-x: auto; font-size: .85rem; line-height: 1.4; }
        code { font-size: .86rem; overflow-wrap: anywhere; }
        footer { margin-top: 3rem; color: var(--muted); font-size: .85rem; }
        @media print { body { max-width: none; } figure, tr { break-inside: avoid; } }
        """;
}
