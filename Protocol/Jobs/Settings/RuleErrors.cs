using System.Globalization;

namespace DistEmbed.Protocol.Jobs.Settings;

/// <summary>Collects what the rules about values object to.</summary>
/// <param name="prefix">Path of the job or stage; empty for none.</param>
internal sealed class RuleErrors(string prefix)
{
    public List<InputError> All { get; } = [];

    public void Add(string path, string what, string fix) => All.Add(new InputError(prefix.Length == 0 ? path : SettingPath.Join(prefix, path), what, fix));

    public void Add(IEnumerable<InputError> errors) => All.AddRange(errors);

    /// <summary>Path for a validator that writes its errors itself.</summary>
    public string PathOf(string path) => prefix.Length == 0 ? path : SettingPath.Join(prefix, path);

    public void AtLeast(string path, double? value, double least)
    {
        if (!(value is null || value >= least))
            Add(path, $"must be at least {Text(least)}, found {Text(value.Value)}.", "");
    }

    public void Above(string path, double? value, double bound, string fix = "")
    {
        if (!(value is null || value > bound))
            Add(path, $"must be above {Text(bound)}, found {Text(value.Value)}.", fix);
    }

    public void Between(string path, int value, int least, int most)
    {
        if (value < least || value > most)
            Add(path, $"must be {least} to {most}, found {value}.", "");
    }

    /// <summary>A fraction: 0 or more, below 1.</summary>
    public void Fraction(string path, double value)
    {
        if (!(value >= 0 && value < 1))
            Add(path, $"must be at least 0 and below 1, found {Text(value)}.", "");
    }

    /// <summary>Text that has to say something, where it is given.</summary>
    public void NotBlank(string path, string? value)
    {
        if (value is not null && string.IsNullOrWhiteSpace(value))
            Add(path, $"is blank: \"{value}\".", "Give a value, or leave the setting out where it has a default.");
    }

    public void NoneBlank(string path, IReadOnlyList<string>? values)
    {
        for (int i = 0; i < (values?.Count ?? 0); i++)
            NotBlank(SettingPath.Join(path, i), values![i]);
    }

    public void Distinct<T>(string path, IReadOnlyList<T>? values)
    {
        for (int i = 1; i < (values?.Count ?? 0); i++)
        {
            if (values!.Take(i).Contains(values![i]))
                Add(SettingPath.Join(path, i), $"{values[i]} is given twice.", "Keep one of them.");
        }
    }

    private static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);
}
