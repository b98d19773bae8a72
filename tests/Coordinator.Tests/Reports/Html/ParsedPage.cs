using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace DistEmbed.Coordinator.Tests.Reports.Html;

/// <summary>Looks at a page as strictly as XML is read.</summary>
internal static class ParsedPage
{
    private const string DocumentType = "<!DOCTYPE html>\n";

    /// <summary>The page's elements; a page that is not well-formed fails.</summary>
    public static XElement Of(string page)
    {
        Assert.StartsWith(DocumentType, page, StringComparison.Ordinal);
        return XElement.Parse(page[DocumentType.Length..], LoadOptions.PreserveWhitespace);
    }

    /// <summary>Nothing in the page makes a browser load anything.</summary>
    public static void AssertSelfContained(string page)
    {
        XElement document = Of(page);
        Assert.All(document.Descendants().Attributes("href"), href => Assert.StartsWith("#", href.Value, StringComparison.Ordinal));
        string[] loading = ["script", "link", "img", "iframe", "object", "embed", "image", "use", "base", "form", "audio", "video", "foreignObject"];
        Assert.DoesNotContain(document.Descendants(), e => loading.Contains(e.Name.LocalName));
        Assert.DoesNotContain(document.Descendants().Attributes(), a => a.Name.LocalName is "src" or "srcset" or "data" or "action" || a.Name.LocalName.StartsWith("on", StringComparison.Ordinal));
        Assert.DoesNotMatch(new Regex("""https?:|@import|url\((?!#)""", RegexOptions.IgnoreCase), page);
        Assert.Contains("default-src 'none'", document.Descendants("meta").Attributes("content").Select(a => a.Value).First(v => v.Contains("src", StringComparison.Ordinal)), StringComparison.Ordinal);
    }
}
