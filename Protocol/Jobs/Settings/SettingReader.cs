using System.Text;
using System.Text.Json;

namespace DistEmbed.Protocol.Jobs.Settings;

/// <summary>Reads JSON with comments and trailing commas in one pass, with the line of every value.</summary>
internal ref struct SettingReader
{
    private readonly byte[] _text;
    private readonly Func<int, string, SettingOrigin> _originAt;
    private readonly List<SettingError> _errors;
    private Utf8JsonReader _reader;
    private int _line = 1;
    private long _countedTo;

    private SettingReader(byte[] text, Func<int, string, SettingOrigin> originAt, List<SettingError> errors)
    {
        (_text, _originAt, _errors) = (text, originAt, errors);
        _reader = new Utf8JsonReader(text, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
    }

    /// <summary>Reads <paramref name="text"/>.</summary>
    /// <param name="text">The JSON.</param>
    /// <param name="rootPath">Path of the value as a whole.</param>
    /// <param name="originAt">Makes the origin of a line and path.</param>
    /// <param name="errors">Receives duplicate keys.</param>
    /// <exception cref="JsonException">The text is no JSON.</exception>
    public static SettingNode Read(string text, string rootPath, Func<int, string, SettingOrigin> originAt, List<SettingError> errors)
    {
        var reader = new SettingReader(Encoding.UTF8.GetBytes(text), originAt, errors);
        reader._reader.Read();
        SettingNode root = reader.Value(reader.Line(), rootPath);
        // The reader itself refuses a second value; it has to be asked.
        reader._reader.Read();
        return root;
    }

    private SettingNode Value(int line, string path)
    {
        SettingOrigin origin = _originAt(line, path);
        switch (_reader.TokenType)
        {
            case JsonTokenType.StartObject:
                return Object(origin, path);
            case JsonTokenType.StartArray:
                var items = new List<SettingNode>();
                while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
                    items.Add(Value(Line(), SettingPath.Join(path, items.Count)));
                return new SettingList(origin, items);
            case JsonTokenType.String:
                return new SettingScalar(origin, JsonValueKind.String, Text());
            case JsonTokenType.Number:
                return new SettingScalar(origin, JsonValueKind.Number, Encoding.UTF8.GetString(_reader.ValueSpan));
            case JsonTokenType.True:
                return new SettingScalar(origin, JsonValueKind.True, "true");
            case JsonTokenType.False:
                return new SettingScalar(origin, JsonValueKind.False, "false");
            default:
                return new SettingScalar(origin, JsonValueKind.Null, "null");
        }
    }

    private SettingObject Object(SettingOrigin origin, string path)
    {
        var members = new OrderedDictionary<string, SettingNode>(StringComparer.Ordinal);
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndObject)
        {
            string key = Text();
            int line = Line();
            _reader.Read();
            SettingNode value = Value(line, SettingPath.Join(path, key));
            if (!members.TryAdd(key, value))
            {
                _errors.Add(SettingError.Of(value, $"`{key}` is given twice, first on line {members[key].Origin.Line}.", "Keep one of them."));
                members[key] = value;
            }
        }
        return new SettingObject(origin, members);
    }

    private string Text()
    {
        try
        {
            return _reader.GetString()!;
        }
        catch (InvalidOperationException cause)
        {
            // An escape that is half of a surrogate pair: valid for the tokenizer, not for a string.
            throw new JsonException("A \\u escape is half of a surrogate pair.", null, Line() - 1, null, cause);
        }
    }

    private int Line()
    {
        long start = _reader.TokenStartIndex;
        _line += _text.AsSpan((int)_countedTo, (int)(start - _countedTo)).Count((byte)'\n');
        _countedTo = start;
        return _line;
    }
}
