using System.Text.Json;

namespace DistEmbed.Protocol.Jobs.Settings;

/// <summary>Where the user wrote a setting.</summary>
/// <param name="Source">The file's name, or the option of the command line, such as <c>--set</c>.</param>
/// <param name="Line">Line in the file from 1; for a flag its number among the flags.</param>
/// <param name="Path">The setting's path as written there, such as <c>training.batch</c>; empty for the whole.</param>
internal sealed record SettingOrigin(string Source, int Line, string Path)
{
    /// <summary>Whether the setting comes from the command line.</summary>
    public bool IsFlag => Source.StartsWith("--", StringComparison.Ordinal);

    /// <summary>The place without the setting.</summary>
    public string Location => IsFlag ? Source : $"{Source}:{Line}";

    /// <summary>The place of <paramref name="path"/> for a message.</summary>
    public string At(string path) => path.Length == 0 ? Location : $"{Location} {path}";
}

/// <summary>
/// A JSON value that remembers where it was written, which System.Text.Json's nodes do not. Never changed once made, so merged trees share parts.
/// </summary>
internal abstract class SettingNode(SettingOrigin origin)
{
    public SettingOrigin Origin { get; } = origin;

    /// <summary>Whether the value is JSON's null: not set.</summary>
    public bool IsNull => this is SettingScalar { Kind: JsonValueKind.Null };

    /// <summary>The value as a message shows it.</summary>
    public abstract string Found { get; }

    /// <summary>The same value with the paths of its parts starting with <paramref name="to"/> where they start with <paramref name="from"/>.</summary>
    public abstract SettingNode Rebase(string from, string to);

    public abstract void Write(Utf8JsonWriter writer);

    /// <summary>This value and all values in it.</summary>
    public abstract IEnumerable<SettingNode> Descendants();

    protected SettingOrigin RebasedOrigin(string from, string to) =>
        !Origin.IsFlag && (Origin.Path == from || Origin.Path.StartsWith(from + ".", StringComparison.Ordinal))
            ? Origin with { Path = to + Origin.Path[from.Length..] }
            : Origin;
}

/// <summary>Text, a number, true, false or null.</summary>
internal sealed class SettingScalar(SettingOrigin origin, JsonValueKind kind, string text) : SettingNode(origin)
{
    public JsonValueKind Kind { get; } = kind;

    /// <summary>The characters of a text; else the JSON literal.</summary>
    public string Text { get; } = text;

    public override string Found
    {
        get
        {
            string shown = Text.Length > 60 ? Text[..57] + "..." : Text;
            return Kind == JsonValueKind.String ? $"\"{shown}\"" : shown;
        }
    }

    public override SettingNode Rebase(string from, string to) => new SettingScalar(RebasedOrigin(from, to), Kind, Text);

    public override void Write(Utf8JsonWriter writer)
    {
        if (Kind == JsonValueKind.String)
            writer.WriteStringValue(Text);
        else
            writer.WriteRawValue(Text);
    }

    public override IEnumerable<SettingNode> Descendants() => [this];
}

/// <summary>A list.</summary>
internal sealed class SettingList(SettingOrigin origin, IReadOnlyList<SettingNode> items) : SettingNode(origin)
{
    public IReadOnlyList<SettingNode> Items { get; } = items;

    public override string Found => "a list";

    public override SettingNode Rebase(string from, string to) =>
        new SettingList(RebasedOrigin(from, to), [.. Items.Select(item => item.Rebase(from, to))]);

    public override void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartArray();
        foreach (SettingNode item in Items)
            item.Write(writer);
        writer.WriteEndArray();
    }

    public override IEnumerable<SettingNode> Descendants() => Items.SelectMany(item => item.Descendants()).Prepend(this);
}

/// <summary>An object: keys in the order written.</summary>
internal sealed class SettingObject(SettingOrigin origin, IEnumerable<KeyValuePair<string, SettingNode>> members) : SettingNode(origin)
{
    private readonly OrderedDictionary<string, SettingNode> _members = new(members, StringComparer.Ordinal);

    public IReadOnlyDictionary<string, SettingNode> Members => _members;

    public override string Found => "an object";

    /// <summary>The value of <paramref name="key"/>, or null where the key is not there.</summary>
    public SettingNode? this[string key] => _members.GetValueOrDefault(key);

    /// <summary>The same object with <paramref name="key"/> set.</summary>
    public SettingObject With(string key, SettingNode value) =>
        new(Origin, new OrderedDictionary<string, SettingNode>(_members, StringComparer.Ordinal) { [key] = value });

    /// <summary>The same object without <paramref name="key"/>.</summary>
    public SettingObject Without(string key) => new(Origin, _members.Where(member => member.Key != key));

    public override SettingNode Rebase(string from, string to) =>
        new SettingObject(RebasedOrigin(from, to), _members.Select(member => KeyValuePair.Create(member.Key, member.Value.Rebase(from, to))));

    public override void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        foreach ((string key, SettingNode value) in _members)
        {
            writer.WritePropertyName(key);
            value.Write(writer);
        }
        writer.WriteEndObject();
    }

    public override IEnumerable<SettingNode> Descendants() => _members.Values.SelectMany(value => value.Descendants()).Prepend(this);
}
