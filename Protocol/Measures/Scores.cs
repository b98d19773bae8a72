using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace DistEmbed.Protocol.Measures;

/// <summary>Values of measures by name, the one that decides first. Equal if names and values are. As JSON an object of numbers.</summary>
[JsonConverter(typeof(Json))]
public sealed class Scores : IEquatable<Scores>
{
    /// <summary>Name of the measure that classifiers are judged by: the share of examples that are labelled right.</summary>
    public const string Accuracy = "accuracy";

    // Of the models that are built in. What a user's own model counts may be anything, so it is shown as the number that it is.
    private static readonly HashSet<string> s_shares = [Accuracy, "f1", "precision", "recall", "tokenAccuracy", "las", "uas"];

    private readonly KeyValuePair<string, double>[] _values;

    /// <summary>Takes the values.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public Scores(params KeyValuePair<string, double>[] values) =>
        _values = values.Length > 0 ? values : throw new ArgumentException("there is no value", nameof(values));

    /// <summary>The value of a classifier.</summary>
    public static Scores OfAccuracy(double accuracy) => new(KeyValuePair.Create(Accuracy, accuracy));

    /// <summary>The values in order.</summary>
    public IReadOnlyList<KeyValuePair<string, double>> Values => _values;

    /// <summary>Name of the measure that decides.</summary>
    public string MainName => _values[0].Key;

    /// <summary>Its value; higher is better.</summary>
    public double Main => _values[0].Value;

    /// <summary>Whether a measure is a share, which is shown in percent: one of those that the models of this program have. Correlations, errors and measures of other models are not.</summary>
    public static bool IsShare(string name) => s_shares.Contains(name);

    /// <summary>A value for people: a share in percent, anything else with four decimals.</summary>
    /// <param name="name">Name of the measure.</param>
    /// <param name="value">Its value.</param>
    /// <param name="decimals">Decimals of a percentage.</param>
    public static string Text(string name, double value, int decimals = 2) => IsShare(name)
        ? (100 * value).ToString($"F{decimals}", CultureInfo.InvariantCulture) + " %"
        : value.ToString("F4", CultureInfo.InvariantCulture);

    /// <summary>The value that decides, for people.</summary>
    public string MainText(int decimals = 2) => Text(MainName, Main, decimals);

    /// <summary>Every value with its name, for people.</summary>
    public string AllText(int decimals = 2) => string.Join(", ", _values.Select(v => $"{v.Key} {Text(v.Key, v.Value, decimals)}"));

    /// <inheritdoc/>
    public bool Equals(Scores? other) => other is not null && _values.AsSpan().SequenceEqual(other._values);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Scores);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(MainName, Main);

    /// <inheritdoc/>
    public override string ToString() => AllText();

    /// <summary>Reads and writes an object of numbers, in order.</summary>
    public sealed class Json : JsonConverter<Scores>
    {
        /// <inheritdoc/>
        public override Scores Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            var values = new List<KeyValuePair<string, double>>();
            if (reader.TokenType != JsonTokenType.StartObject)
                throw new JsonException("An object of numbers is expected.");
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                string name = reader.GetString()!;
                reader.Read();
                values.Add(KeyValuePair.Create(name, JsonSerializer.Deserialize<double>(ref reader, options)));
            }

            return values.Count > 0 ? new Scores([.. values]) : throw new JsonException("At least one measure is expected.");
        }

        /// <inheritdoc/>
        public override void Write(Utf8JsonWriter writer, Scores value, JsonSerializerOptions options)
        {
            writer.WriteStartObject();
            foreach ((string name, double number) in value._values)
            {
                writer.WritePropertyName(name);
                JsonSerializer.Serialize(writer, number, options);
            }

            writer.WriteEndObject();
        }
    }
}
