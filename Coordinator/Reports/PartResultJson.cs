using System.Text.Json;
using System.Text.Json.Serialization;
using DistEmbed.Protocol.Measures;

namespace DistEmbed.Coordinator.Reports;

/// <summary>A part's result as one object of numbers: the measures in order, then <c>loss</c> and <c>examples</c>.</summary>
internal sealed class PartResultJson : JsonConverter<PartResult>
{
    private const string Loss = "loss";
    private const string Examples = "examples";

    /// <inheritdoc/>
    public override PartResult Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        Dictionary<string, double> numbers = JsonSerializer.Deserialize<Dictionary<string, double>>(ref reader, options) ?? throw new JsonException("An object of numbers is expected.");
        if (!numbers.Remove(Loss, out double loss) || !numbers.Remove(Examples, out double examples) || numbers.Count == 0)
            throw new JsonException($"A measure, {Loss} and {Examples} are expected.");
        return new PartResult(new Scores([.. numbers]), loss, (int)examples);
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, PartResult value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        foreach ((string name, double number) in value.Scores.Values.Append(KeyValuePair.Create(Loss, value.Loss)))
        {
            writer.WritePropertyName(name);
            JsonSerializer.Serialize(writer, number, options);
        }

        writer.WriteNumber(Examples, value.Examples);
        writer.WriteEndObject();
    }
}
