using System.Text.Json;
using System.Text.Json.Nodes;

namespace DistEmbed.Protocol.Tests.Jobs;

/// <summary>Validates JSON against the part of JSON Schema 2020-12 that the job schema uses; a keyword that it does not know is an error.</summary>
internal static class JsonSchemaCheck
{
    public static bool Accepts(string schema, string json)
    {
        JsonObject root = JsonNode.Parse(schema)!.AsObject();
        return Accepts(root, root, JsonNode.Parse(json, null, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true }));
    }

    private static bool Accepts(JsonObject root, JsonObject schema, JsonNode? value) => schema.All(keyword => keyword.Key switch
    {
        "$schema" or "$defs" or "title" or "description" or "default" or "allowComments" or "allowTrailingCommas" or "enumDescriptions" or "then" or "else" => true,
        "$ref" => Accepts(root, (JsonObject)keyword.Value!.GetValue<string>()[2..].Split('/').Aggregate((JsonNode)root, (node, key) => node[key]!), value),
        "type" => (keyword.Value is JsonArray types ? types.Select(type => type!.GetValue<string>()) : [keyword.Value!.GetValue<string>()]).Any(type => IsOf(type, value)),
        "const" => JsonNode.DeepEquals(keyword.Value, value),
        "enum" => keyword.Value!.AsArray().Any(item => JsonNode.DeepEquals(item, value)),
        "anyOf" => keyword.Value!.AsArray().Any(item => Accepts(root, item!.AsObject(), value)),
        "oneOf" => keyword.Value!.AsArray().Count(item => Accepts(root, item!.AsObject(), value)) == 1,
        "if" => Accepts(root, schema[Accepts(root, keyword.Value!.AsObject(), value) ? "then" : "else"]!.AsObject(), value),
        "required" => value is not JsonObject map || keyword.Value!.AsArray().All(name => map.ContainsKey(name!.GetValue<string>())),
        "properties" => value is not JsonObject map || keyword.Value!.AsObject().All(property => !map.ContainsKey(property.Key) || Accepts(root, property.Value!.AsObject(), map[property.Key])),
        "additionalProperties" => value is not JsonObject map || map
            .Where(member => schema["properties"]?[member.Key] is null)
            .All(member => keyword.Value is JsonObject rest && Accepts(root, rest, member.Value)),
        "items" => value is not JsonArray list || list.All(item => Accepts(root, keyword.Value!.AsObject(), item)),
        "minItems" => value is not JsonArray list || list.Count >= keyword.Value!.GetValue<int>(),
        "minimum" => value is not JsonValue number || number.GetValueKind() != JsonValueKind.Number || double.Parse(number.ToJsonString()) >= keyword.Value!.GetValue<double>(),
        _ => throw new NotSupportedException(keyword.Key),
    });

    private static bool IsOf(string type, JsonNode? value) => (type, value?.GetValueKind() ?? JsonValueKind.Null) switch
    {
        ("integer", JsonValueKind.Number) => double.IsInteger(double.Parse(value!.ToJsonString())),
        ("number", JsonValueKind.Number) or ("string", JsonValueKind.String) or ("boolean", JsonValueKind.True or JsonValueKind.False) => true,
        ("object", JsonValueKind.Object) or ("array", JsonValueKind.Array) or ("null", JsonValueKind.Null) => true,
        _ => false,
    };
}
