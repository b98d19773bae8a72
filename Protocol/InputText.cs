using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace DistEmbed.Protocol;

/// <summary>
/// A part of an <see cref="InputError"/>, written as an interpolated string. What stands in quotes or backquotes in it
/// is a value of the user: about 60 characters of
/// it are shown. Anything else (a path, a reason) may be a few hundred long. Control characters are escaped, and
/// numbers have no culture.
/// </summary>
[InterpolatedStringHandler]
public readonly struct InputText
{
    private const int LongestPart = 300;

    private readonly StringBuilder _text;

    /// <summary>Begins an interpolated string.</summary>
    public InputText(int literalLength, int formattedCount) =>
        _text = new StringBuilder(literalLength + (16 * formattedCount));

    /// <summary>Takes a text as it is.</summary>
    public static implicit operator InputText(string text)
    {
        var whole = new InputText(text.Length, 0);
        whole.AppendLiteral(text);
        return whole;
    }

    /// <summary>Adds text of the program.</summary>
    public void AppendLiteral(string literal) => _text.Append(literal);

    /// <summary>Adds a value of the user, or a text.</summary>
    public void AppendFormatted(ReadOnlySpan<char> value)
    {
        bool quoted = _text.Length > 0 && _text[^1] is '\'' or '`' or '"';
        _text.Append(quoted ? PrintableText.Excerpt(value) : PrintableText.Line(value.ToString(), LongestPart));
    }

    /// <inheritdoc cref="AppendFormatted(ReadOnlySpan{char})"/>
    public void AppendFormatted(string? value) => AppendFormatted(value.AsSpan());

    /// <summary>Adds a number or the like.</summary>
    public void AppendFormatted<T>(T value) => AppendFormatted(value, null);

    /// <summary>Adds a number or the like in a format.</summary>
    public void AppendFormatted<T>(T value, string? format)
    {
        string? text = value is IFormattable number ? number.ToString(format, CultureInfo.InvariantCulture) : value?.ToString();
        AppendFormatted(text.AsSpan());
    }

    /// <inheritdoc/>
    public override string ToString() => _text?.ToString() ?? "";
}
