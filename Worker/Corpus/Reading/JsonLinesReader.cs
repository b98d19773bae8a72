using System.Text.Json;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Worker.Corpus.Reading;

/// <summary>A JSON object a line. The label may be text, a number (as it is written) or a boolean. Blank lines are skipped.</summary>
internal static class JsonLinesReader
{
    /// <summary>Reads the objects.</summary>
    /// <param name="file">The file.</param>
    /// <param name="spec">Its form.</param>
    /// <param name="labelled">Whether objects have labels; else that field need not be there, and labels are empty.</param>
    public static IEnumerable<LabelledText> Read(SourceFile file, JsonLinesData spec, bool labelled = true)
    {
        using TextReader text = file.OpenText();
        var lines = new LineReader(text);
        while (lines.Read(out string line))
        {
            if (string.IsNullOrWhiteSpace(line) || file.Skips(line))
                continue;
            string where = $"{file.Path}:{lines.Line}";
            (string label, string content) = Parse(line, where, spec, labelled);
            (label, content) = (file.WithoutNul(label, where), file.WithoutNul(content, where));
            if (!file.Skips(label + content))
                yield return new LabelledText(file.Path, lines.Line, label, content);
        }
    }

    private static (string Label, string Text) Parse(string line, string where, JsonLinesData spec, bool labelled)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
                throw new InvalidInputException(where, $"The line holds {Describe(root)}, not an object.", "Each line is an object such as {\"label\": \"pos\", \"text\": \"...\"}.");
            JsonElement text = Field(root, spec.TextField, "data.textField", where);
            JsonElement label = labelled ? Field(root, spec.LabelField, "data.labelField", where) : default;
            string name = label.ValueKind switch
            {
                _ when !labelled => "",
                JsonValueKind.String => label.GetString()!,
                JsonValueKind.Number => label.GetRawText(),
                JsonValueKind.True => "true",
                JsonValueKind.False => "false",
                _ => throw new InvalidInputException(where, $"The label '{spec.LabelField}' is {Describe(label)}.", "A label is text, a number or a boolean."),
            };
            if (labelled && string.IsNullOrWhiteSpace(name))
                throw new InvalidInputException(where, $"The label '{spec.LabelField}' is empty.", "Give every line a label.");
            if (text.ValueKind is not (JsonValueKind.String or JsonValueKind.Null))
                throw new InvalidInputException(where, $"The text '{spec.TextField}' is {Describe(text)}.", "Set data.textField to a field that holds text.");
            return (name, text.GetString() ?? "");
        }
        catch (JsonException e)
        {
            throw new InvalidInputException(
                new InputError(where, $"The line is not JSON, at byte {e.BytePositionInLine + 1}: {PrintableText.Excerpt(line)}", "Each line is one whole JSON object."), e);
        }
        catch (InvalidOperationException e)
        {
            // A \u escape that is half of a surrogate pair is valid JSON and yet no text.
            throw new InvalidInputException(new InputError(where, "The line holds an escape that is no character (half of a surrogate pair).", "Correct the line."), e);
        }
    }

    private static JsonElement Field(JsonElement root, string name, string setting, string where)
    {
        int times = 0;
        JsonElement value = default;
        foreach (JsonProperty property in root.EnumerateObject())
        {
            if (property.NameEquals(name))
                (times, value) = (times + 1, property.Value);
        }

        if (times == 1)
            return value;
        if (times > 1)
            throw new InvalidInputException(where, $"The object has '{name}' {times} times.", "Keep one of them.");
        string found = PrintableText.List(root.EnumerateObject().Select(p => p.Name));
        throw new InvalidInputException(where, $"The object has no '{name}'; it has: {(found.Length == 0 ? "nothing" : found)}.", $"Set {setting} to one of them.");
    }

    private static string Describe(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => "null",
        JsonValueKind.Array => "a list",
        JsonValueKind.Object => "an object",
        JsonValueKind.String => "text",
        JsonValueKind.Number => "a number",
        _ => "a boolean",
    };
}
