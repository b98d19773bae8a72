using System.Globalization;
using System.Text.RegularExpressions;
using DistEmbed.Coordinator.Reports.Html;
using DistEmbed.Coordinator.Tests.Cli;
using Xunit.Abstractions;

namespace DistEmbed.Coordinator.Tests.Reports.Html;

/// <summary>Reports as a real browser shows them. Runs where Chromium is installed.</summary>
[Collection(ConsoleCollection.Name)]
public sealed class ChromiumTests(ITestOutputHelper output, TrainedToyRun toy)
{
    // Measured by a script in a copy of the page: the page itself has none, and allows none.
    private const string Measure = """
        <script>
          const boxes = [...document.querySelectorAll('figure')].map(figure => {
            const box = element => { const b = element.getBoundingClientRect(); return [b.left, b.top, b.right, b.bottom].join(' '); };
            const svg = figure.querySelector('svg');
            const ink = [...svg.querySelectorAll('polyline, ellipse')].reduce((most, line) => Math.max(most, line.getBoundingClientRect().width), 0);
            return [figure.id, box(figure), box(svg), ink, getComputedStyle(svg.querySelector('text') ?? svg).fill].join(';');
          });
          document.title = 'MEASURED ' + document.documentElement.scrollWidth + '|' + innerWidth + '|' + boxes.join('|');
        </script>
        """;

    [Fact]
    public void A_browser_shows_every_section_without_a_complaint()
    {
        if (!IsThere())
            return;
        foreach (string page in new[] { ReportPage.Render(SampleRun.Run()), File.ReadAllText(Path.Combine(toy.Run, "report.html")) })
        {
            (string document, string[] complaints) = Chromium.Open(page, 1200);
            Assert.Empty(complaints);
            Assert.Equal(Ids(page), Ids(document));
            Assert.Contains("s1-words-map", Ids(document));
            Assert.DoesNotContain("<script", document, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("owned</body>", document, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(1200)]
    [InlineData(500)]
    public void Pictures_have_sizes_that_can_be_read_and_nothing_is_wider_than_the_window(int width)
    {
        if (!IsThere())
            return;
        string page = File.ReadAllText(Path.Combine(toy.Run, "report.html"));
        string measured = Regex.Replace(page, "<meta http-equiv[^>]*>", "").Replace("</body>", Measure + "</body>", StringComparison.Ordinal);
        (string document, string[] complaints) = Chromium.Open(measured, width);
        Assert.Empty(complaints);
        string[] parts = Regex.Match(document, "<title>MEASURED ([^<]*)</title>").Groups[1].Value.Split('|');
        Assert.True(Number(parts[0]) <= Number(parts[1]), $"{parts[0]} wide in a window of {parts[1]}");
        Assert.Equal(page.Split("<figure").Length - 1, parts.Length - 2);
        foreach (string[] figure in parts[2..].Select(p => p.Split(';')))
        {
            double[] frame = [.. figure[1].Split(' ').Select(Number)], svg = [.. figure[2].Split(' ').Select(Number)];
            Assert.True(svg[2] - svg[0] > Math.Min(300, 0.75 * width) && svg[3] - svg[1] > 120, $"{figure[0]}: {figure[2]}");
            Assert.True(svg[0] >= frame[0] && svg[1] >= frame[1] && svg[2] <= frame[2] && svg[3] <= frame[3], $"{figure[0]} leaves its frame: {figure[2]} in {figure[1]}");
            // What is drawn fills its picture: axes and curves, not a heap in a corner.
            Assert.True(Number(figure[3]) > 0.2 * (svg[2] - svg[0]) || figure[0].EndsWith("-map", StringComparison.Ordinal), $"{figure[0]}: {figure[3]}");
            Assert.StartsWith("rgb(", figure[4], StringComparison.Ordinal);
            Assert.NotEqual("rgb(0, 0, 0)", figure[4]); // what a colour without its variable would be
        }
    }

    [Fact]
    public void The_browser_would_tell_of_an_error_and_of_anything_that_is_loaded()
    {
        if (!IsThere())
            return;
        string page = ReportPage.Render(SampleRun.Run());
        Assert.NotEmpty(Chromium.Open(Regex.Replace(page, "<meta http-equiv[^>]*>", "").Replace("</body>", "<script>throw new Error('x');</script></body>", StringComparison.Ordinal), 1200).Complaints);
        Assert.NotEmpty(Chromium.Open(page.Replace("</body>", "<img src=\"other.png\" alt=\"\" /></body>", StringComparison.Ordinal), 1200).Complaints);
    }

    private static string[] Ids(string page) => [.. Regex.Matches(page, """<(?:section|figure|svg)[^>]* id="([^"]*)" """.TrimEnd()).Select(m => m.Groups[1].Value)];

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private bool IsThere()
    {
        if (!Chromium.IsThere)
            output.WriteLine("not run: no Chromium");
        return Chromium.IsThere;
    }
}
