using System.Text.Json;

namespace DistEmbed.Protocol.Jobs;

/// <summary>
/// A setting that takes several values, one after the other: <c>path=value,value,...</c>. The path is that of <c>--set</c>, and so is each value. Values that hold
/// commas are written as one JSON array of all values: <c>model.windows=[[3,4,5],[2,3]]</c>.
/// </summary>
/// <param name="Path">The setting's path, such as <c>model.channels</c>.</param>
/// <param name="Values">The values as written, at least two, no two alike.</param>
public sealed record Variation(string Path, IReadOnlyList<string> Values)
{
    /// <summary>The option that gives variations.</summary>
    public const string Option = "--vary";

    /// <summary>Reads variations in the order given.</summary>
    /// <param name="given">Texts of the form <c>path=value,value,...</c>.</param>
    /// <exception cref="InvalidInputException">Anything is wrong with the form; carries every error. Whether a job takes path and values is not looked at.</exception>
    public static IReadOnlyList<Variation> ParseAll(IReadOnlyList<string> given)
    {
        var errors = new List<InputError>();
        var variations = new List<Variation>();
        foreach (string text in given)
        {
            int equals = text.IndexOf('=', StringComparison.Ordinal);
            string path = (equals < 0 ? text : text[..equals]).Trim();
            if (equals < 0 || path.Split('.').Any(string.IsNullOrWhiteSpace))
            {
                errors.Add(new InputError(Option, $"`{text}` is no variation.", "Write it as path=value,value, for example model.channels=static,non-static."));
            }
            else if (path.Split('.')[^1] == "seed")
            {
                errors.Add(new InputError($"{Option} {path}", "seeds are what results are paired by, so they do not vary like a setting.", "Use --seeds."));
            }
            else if (variations.Any(earlier => earlier.Path == path))
            {
                errors.Add(new InputError($"{Option} {path}", "is given twice.", "Give all its values at once: path=value,value."));
            }
            else
            {
                variations.Add(new Variation(path, Split(path, text[(equals + 1)..].Trim(), errors)));
            }
        }

        return errors.Count == 0 ? variations : throw new InvalidInputException(errors);
    }

    private static string[] Split(string path, string text, List<InputError> errors)
    {
        string place = $"{Option} {path}";
        string[] values = text.StartsWith('[') || text.StartsWith('{') ? Elements(place, text, errors) : [.. text.Split(',').Select(value => value.Trim())];
        if (values.Any(value => value.Length == 0))
            errors.Add(new InputError(place, "has an empty value.", "Write value,value without a comma too many; an empty text is \"\"."));
        else if (values.Length == 1)
            errors.Add(new InputError(place, "has one value, so nothing varies.", "Give two values at least, or use --set."));
        foreach (string twice in values.GroupBy(value => value, StringComparer.Ordinal).Where(same => same.Key.Length > 0 && same.Count() > 1).Select(same => same.Key))
            errors.Add(new InputError(place, $"has the value {twice} twice.", "Give each value once."));
        return values;
    }

    private static string[] Elements(string place, string text, List<InputError> errors)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(text);
            if (json.RootElement.ValueKind == JsonValueKind.Array && json.RootElement.GetArrayLength() > 0)
                return [.. json.RootElement.EnumerateArray().Select(element => JsonSerializer.Serialize(element, JobJson.OneLine))];
        }
        catch (JsonException)
        {
            // Told below: what is wrong with the text is that it is no list of values.
        }

        errors.Add(new InputError(place, $"`{text}` is no list of values.", "Write values that hold commas as one JSON array of all of them, for example [[3,4,5],[2,3]]."));
        return [];
    }
}
