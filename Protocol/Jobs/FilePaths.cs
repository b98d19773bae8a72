using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace DistEmbed.Protocol.Jobs;

/// <summary>
/// The files of a part: in a job a path, or a list of them. A path may have <c>*</c> and <c>?</c> in it, and <c>**</c> for any folders. Equal if the paths are, in order.
/// </summary>
[JsonConverter(typeof(Json))]
public sealed class FilePaths : IReadOnlyList<string>, IEquatable<FilePaths>
{
    private readonly string[] _paths;

    /// <summary>Takes the paths.</summary>
    public FilePaths(params string[] paths) => _paths = paths;

    /// <inheritdoc/>
    public int Count => _paths.Length;

    /// <inheritdoc/>
    public string this[int index] => _paths[index];

    /// <summary>One path; null of null.</summary>
    [return: NotNullIfNotNull(nameof(path))]
    public static implicit operator FilePaths?(string? path) => FromString(path);

    /// <summary>One path; null of null.</summary>
    [return: NotNullIfNotNull(nameof(path))]
    public static FilePaths? FromString(string? path) => path is null ? null : new(path);

    /// <inheritdoc/>
    public bool Equals(FilePaths? other) => other is not null && _paths.AsSpan().SequenceEqual(other._paths);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as FilePaths);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_paths.Length, _paths.FirstOrDefault());

    /// <inheritdoc/>
    public override string ToString() => string.Join(", ", _paths);

    /// <inheritdoc/>
    public IEnumerator<string> GetEnumerator() => ((IEnumerable<string>)_paths).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Reads and writes text for one path, and a list for several.</summary>
    public sealed class Json : JsonConverter<FilePaths>
    {
        /// <inheritdoc/>
        public override FilePaths Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType == JsonTokenType.String
            ? new FilePaths(reader.GetString()!)
            : new FilePaths(JsonSerializer.Deserialize<string[]>(ref reader, options) is { } paths && !paths.Contains(null) ? paths : throw new JsonException("A path is null."));

        /// <inheritdoc/>
        public override void Write(Utf8JsonWriter writer, FilePaths value, JsonSerializerOptions options)
        {
            if (value.Count == 1)
                writer.WriteStringValue(value[0]);
            else
                JsonSerializer.Serialize(writer, value._paths, options);
        }
    }
}
