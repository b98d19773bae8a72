using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;

namespace DistEmbed.Coordinator.Reports.Html;

/// <summary>
/// Writes HTML that is well-formed XML too. Whatever comes in as text or as the value of an attribute is encoded here and nowhere else, so words and labels of a user's
/// data cannot become markup.
/// </summary>
internal sealed class HtmlWriter
{
    private static readonly HtmlEncoder s_encoder = HtmlEncoder.Create(UnicodeRanges.All);

    private readonly StringBuilder _text = new();
    private readonly Stack<string> _open = new();

    /// <summary>Text as it can stand in a page: what is no character of XML is shown as U+FFFD.</summary>
    public static string Printable(string text) => text.All(c => c >= ' ' && !char.IsSurrogate(c) && c < '\uFFFE' && c is < '\u007F' or > '\u009F') ? text : Clean(text);

    /// <summary>Opens an element.</summary>
    public HtmlWriter Open(string tag, params ReadOnlySpan<(string Name, string Value)> attributes)
    {
        Start(tag, attributes).Append('>');
        _open.Push(tag);
        return this;
    }

    /// <summary>Closes the element that was opened last.</summary>
    public HtmlWriter Close()
    {
        _text.Append("</").Append(_open.Pop()).Append(">\n");
        return this;
    }

    /// <summary>An element with text.</summary>
    public HtmlWriter Element(string tag, string text, params ReadOnlySpan<(string Name, string Value)> attributes)
    {
        Start(tag, attributes).Append('>');
        Text(text);
        _text.Append("</").Append(tag).Append(">\n");
        return this;
    }

    /// <summary>An element that has no end.</summary>
    public HtmlWriter Empty(string tag, params ReadOnlySpan<(string Name, string Value)> attributes)
    {
        Start(tag, attributes).Append(" />\n");
        return this;
    }

    /// <summary>Text.</summary>
    public HtmlWriter Text(string text)
    {
        _text.Append(s_encoder.Encode(Printable(text)).Replace("&#xA;", "\n", StringComparison.Ordinal));
        return this;
    }

    /// <summary>Markup that this program made: pictures and style.</summary>
    public HtmlWriter Markup(string made)
    {
        _text.Append(made).Append('\n');
        return this;
    }

    /// <summary>The page.</summary>
    public override string ToString() =>
        _open.Count == 0 ? _text.ToString() : throw new InvalidOperationException($"<{_open.Peek()}> is not closed");

    private StringBuilder Start(string tag, ReadOnlySpan<(string Name, string Value)> attributes)
    {
        _text.Append('<').Append(tag);
        foreach ((string name, string value) in attributes)
            _text.Append(' ').Append(name).Append("=\"").Append(s_encoder.Encode(Printable(value))).Append('"');
        return _text;
    }

    private static string Clean(string text)
    {
        var clean = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes()) // halves of a pair come as U+FFFD
            clean.Append((Rune.IsControl(rune) && rune.Value is not ('\n' or '\t')) || rune.Value is 0xFFFE or 0xFFFF ? "\uFFFD" : rune.ToString());
        return clean.ToString();
    }
}
