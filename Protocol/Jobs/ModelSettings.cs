using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using DistEmbed.Protocol.Jobs.Settings;

namespace DistEmbed.Protocol.Jobs;

/// <summary>Settings whose keys a class of the user's decides: a JSON object. Equal if they say the same, in whatever order.</summary>
[JsonConverter(typeof(Json))]
public sealed class ModelSettings : IEquatable<ModelSettings>
{
    private readonly string _text;

    private ModelSettings(JsonObject settings) => _text = Ordered(settings)!.ToJsonString(JobJson.OneLine);

    /// <summary>No settings.</summary>
    public static ModelSettings None { get; } = new([]);

    /// <summary>Whether there are none.</summary>
    public bool IsEmpty => _text == None._text;

    /// <summary>Reads them as an object of a class: unknown keys, wrong types and missing ones are errors, as everywhere in a job.</summary>
    /// <param name="type">The class: public, with a constructor without parameters; its public properties that can be set are the keys.</param>
    /// <param name="path">What messages call the settings, such as <c>model.settings</c>.</param>
    /// <exception cref="InvalidInputException">All that is wrong.</exception>
    /// <exception cref="NotSupportedException">A property's type is none that a setting can have.</exception>
    /// <exception cref="MissingMethodException">The class has no constructor without parameters.</exception>
    public object Read(Type type, string path)
    {
        var errors = new List<SettingError>();
        SettingNode tree = SettingReader.Read(_text, path, (_, at) => new SettingOrigin(path, 1, at), errors);
        SettingNode? readable = new SettingChecker(errors, []).Check(tree, SettingType.Of(type), path);
        if (errors.Count > 0)
            throw new InvalidInputException([.. errors.Select(error => new InputError(error.Path ?? error.Origin.Path, error.What, error.Fix))]);
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
            readable!.Write(writer);
        return JsonSerializer.Deserialize(buffer.ToArray(), type, JobJson.Options)!;
    }

    /// <inheritdoc/>
    public bool Equals(ModelSettings? other) => other?._text == _text;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ModelSettings);

    /// <inheritdoc/>
    public override int GetHashCode() => string.GetHashCode(_text, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => _text;

    private static JsonNode? Ordered(JsonNode? node) => node switch
    {
        JsonObject map => new JsonObject(map.OrderBy(member => member.Key, StringComparer.Ordinal).Select(member => KeyValuePair.Create(member.Key, Ordered(member.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Ordered)]),
        _ => node?.DeepClone(),
    };

    /// <summary>Reads and writes the object.</summary>
    public sealed class Json : JsonConverter<ModelSettings>
    {
        /// <inheritdoc/>
        public override ModelSettings Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            JsonNode.Parse(ref reader) is JsonObject settings ? new ModelSettings(settings) : throw new JsonException("An object is expected.");

        /// <inheritdoc/>
        public override void Write(Utf8JsonWriter writer, ModelSettings value, JsonSerializerOptions options) => JsonNode.Parse(value._text)!.WriteTo(writer);
    }
}
