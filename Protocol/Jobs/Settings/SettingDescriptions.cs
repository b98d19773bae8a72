using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace DistEmbed.Protocol.Jobs.Settings;

/// <summary>What settings mean: the summaries in the XML documentation file beside the assembly. Without the file there are no descriptions.</summary>
internal sealed partial class SettingDescriptions
{
    private readonly Dictionary<string, string> _summaries;

    private SettingDescriptions(Dictionary<string, string> summaries) => _summaries = summaries;

    /// <summary>Reads the file beside the assembly of the job records.</summary>
    public static SettingDescriptions Load()
    {
        string path = Path.Combine(AppContext.BaseDirectory, typeof(JobSpec).Assembly.GetName().Name + ".xml");
        var summaries = new Dictionary<string, string>(StringComparer.Ordinal);
        if (File.Exists(path))
        {
            foreach (XElement member in XDocument.Load(path).Descendants("member"))
            {
                if (member.Element("summary") is { } summary)
                    summaries[member.Attribute("name")!.Value] = Text(summary);
            }
        }
        return new SettingDescriptions(summaries);
    }

    public string? Of(Type type) => _summaries.GetValueOrDefault($"T:{type.FullName}");

    public string? Of(PropertyInfo property) => _summaries.GetValueOrDefault($"P:{property.DeclaringType!.FullName}.{property.Name}");

    public string? Of(FieldInfo member) => _summaries.GetValueOrDefault($"F:{member.DeclaringType!.FullName}.{member.Name}");

    private static string Text(XElement summary) => Blanks().Replace(string.Concat(summary.Nodes().Select(Text)), " ").Trim();

    private static string Text(XNode node) => node switch
    {
        XText text => text.Value,
        XElement { Name.LocalName: "see" or "paramref" } reference => Reference(reference),
        XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
        XElement other => string.Concat(other.Nodes().Select(Text)),
        _ => "",
    };

    /// <summary>A reference by the name that the user writes: the key of a property, the word of an enum's member.</summary>
    private static string Reference(XElement reference)
    {
        string target = (reference.Attribute("cref") ?? reference.Attribute("langword") ?? reference.Attribute("name"))?.Value ?? reference.Value;
        string name = target[(target.LastIndexOf('.') + 1)..];
        return target[..Math.Min(2, target.Length)] switch
        {
            "P:" => $"`{JsonNamingPolicy.CamelCase.ConvertName(name)}`",
            "F:" => $"`{ChoiceSetting.NameOf(name)}`",
            _ => name,
        };
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
