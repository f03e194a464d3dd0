/* eslint-disable */
/*eslint-disable block-scoped-var, id-length, no-control-regex, no-magic-numbers, no-mixed-operators, no-prototype-builtins, no-redeclare, no-shadow, no-var, sort-vars, default-case, jsdoc/require-param*/
import $protobuf from "protobufjs/minimal.js";

// Common aliases
const $Reader = $protobuf.Reader, $Writer = $protobuf.Writer, $util = $protobuf.util;
const $Object = $util.global.Object, $undefined = $util.global.undefined, $Error = $util.global.Error, $RangeError = $util.global.RangeError, $TypeError = $util.global.TypeError, $String = $util.global.String, $Number = $util.global.Number, $parseInt = $util.global.parseInt, $BigInt = $util.global.BigInt, $Array = $util.global.Array, $Boolean = $util.global.Boolean;

// Exported root namespace
const $root = $protobuf.roots["bep"] || ($protobuf.roots["bep"] = {});

export const bep = $root.bep = (() => {

    /**
     * Namespace bep.
     * @exports bep
     * @namespace
     */
    const bep = {};

    bep.Hello = (function() {

        /**
         * Properties of a Hello.
         * @typedef {Object} bep.Hello.$Properties
         * @property {string|null} [deviceName] Hello deviceName
         * @property {string|null} [clientName] Hello clientName
         * @property {string|null} [clientVersion] Hello clientVersion
         * @property {number|null} [numConnections] Hello numConnections
         * @property {Long|null} [timestamp] Hello timestamp
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Hello.
         * @memberof bep
         * @interface IHello
         * @augments bep.Hello.$Properties
         * @deprecated Use bep.Hello.$Properties instead.
         */

        /**
         * Shape of a Hello.
         * @typedef {bep.Hello.$Properties} bep.Hello.$Shape
         */

        /**
         * Constructs a new Hello.
         * @memberof bep
         * @classdesc Represents a Hello.
         * @constructor
         * @param {bep.Hello.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Hello = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Hello deviceName.
         * @member {string} deviceName
         * @memberof bep.Hello
         * @instance
         */
        Hello.prototype.deviceName = "";

        /**
         * Hello clientName.
         * @member {string} clientName
         * @memberof bep.Hello
         * @instance
         */
        Hello.prototype.clientName = "";

        /**
         * Hello clientVersion.
         * @member {string} clientVersion
         * @memberof bep.Hello
         * @instance
         */
        Hello.prototype.clientVersion = "";

        /**
         * Hello numConnections.
         * @member {number} numConnections
         * @memberof bep.Hello
         * @instance
         */
        Hello.prototype.numConnections = 0;

        /**
         * Hello timestamp.
         * @member {Long} timestamp
         * @memberof bep.Hello
         * @instance
         */
        Hello.prototype.timestamp = $util.Long ? $util.Long.fromBits(0,0,false) : 0;

        /**
         * Creates a new Hello instance using the specified properties.
         * @function create
         * @memberof bep.Hello
         * @static
         * @param {bep.Hello.$Properties=} [properties] Properties to set
         * @returns {bep.Hello} Hello instance
         * @type {{
         *   (properties: bep.Hello.$Shape): bep.Hello & bep.Hello.$Shape;
         *   (properties?: bep.Hello.$Properties): bep.Hello;
         * }}
         */
        Hello.create = function(properties) {
            return new Hello(properties);
        };

        /**
         * Encodes the specified Hello message. Does not implicitly {@link bep.Hello.verify|verify} messages.
         * @function encode
         * @memberof bep.Hello
         * @static
         * @param {bep.Hello.$Properties} message Hello message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Hello.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.deviceName != null && $Object.hasOwnProperty.call(message, "deviceName") && message.deviceName !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.deviceName);
            if (message.clientName != null && $Object.hasOwnProperty.call(message, "clientName") && message.clientName !== "")
                writer.uint32(/* id 2, wireType 2 =*/18).string(message.clientName);
            if (message.clientVersion != null && $Object.hasOwnProperty.call(message, "clientVersion") && message.clientVersion !== "")
                writer.uint32(/* id 3, wireType 2 =*/26).string(message.clientVersion);
            if (message.numConnections != null && $Object.hasOwnProperty.call(message, "numConnections") && message.numConnections !== 0)
                writer.uint32(/* id 4, wireType 0 =*/32).int32(message.numConnections);
            if (message.timestamp != null && $Object.hasOwnProperty.call(message, "timestamp") && (typeof message.timestamp === "object" ? message.timestamp.low || message.timestamp.high : message.timestamp !== 0))
                writer.uint32(/* id 5, wireType 0 =*/40).int64(message.timestamp);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Encodes the specified Hello message, length delimited. Does not implicitly {@link bep.Hello.verify|verify} messages.
         * @function encodeDelimited
         * @memberof bep.Hello
         * @static
         * @param {bep.Hello.$Properties} message Hello message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Hello.encodeDelimited = function(message, writer) {
            return this.encode(message, (writer || $Writer.create()).fork()).ldelim();
        };

        /**
         * Decodes a Hello message from the specified reader or buffer.
         * @function decode
         * @memberof bep.Hello
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {bep.Hello & bep.Hello.$Shape} Hello
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Hello.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.bep.Hello();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.deviceName = value;
                        else
                            delete message.deviceName;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.clientName = value;
                        else
                            delete message.clientName;
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.clientVersion = value;
                        else
                            delete message.clientVersion;
                        continue;
                    }
                case 4: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.int32())
                            message.numConnections = value;
                        else
                            delete message.numConnections;
                        continue;
                    }
                case 5: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.int64()) === "object" ? value.low || value.high : value !== 0)
                            message.timestamp = value;
                        else
                            delete message.timestamp;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        /**
         * Decodes a Hello message from the specified reader or buffer, length delimited.
         * @function decodeDelimited
         * @memberof bep.Hello
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @returns {bep.Hello & bep.Hello.$Shape} Hello
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Hello.decodeDelimited = function(reader) {
            if (!(reader instanceof $Reader))
                reader = new $Reader(reader);
            return this.decode(reader, reader.size());
        };

        /**
         * Verifies a Hello message.
         * @function verify
         * @memberof bep.Hello
         * @static
         * @param {Object.<string,*>} message Plain object to verify
         * @returns {string|null} `null` if valid, otherwise the reason why it is not
         */
        Hello.verify = function (message, _depth) {
            if (typeof message !== "object" || message === null)
                return "object expected";
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                return "max depth exceeded";
            if (message.deviceName != null && $Object.hasOwnProperty.call(message, "deviceName"))
                if (!$util.isString(message.deviceName))
                    return "deviceName: string expected";
            if (message.clientName != null && $Object.hasOwnProperty.call(message, "clientName"))
                if (!$util.isString(message.clientName))
                    return "clientName: string expected";
            if (message.clientVersion != null && $Object.hasOwnProperty.call(message, "clientVersion"))
                if (!$util.isString(message.clientVersion))
                    return "clientVersion: string expected";
            if (message.numConnections != null && $Object.hasOwnProperty.call(message, "numConnections"))
                if (!$util.isInteger(message.numConnections))
                    return "numConnections: integer expected";
            if (message.timestamp != null && $Object.hasOwnProperty.call(message, "timestamp"))
                if (!$util.isInteger(message.timestamp) && !(message.timestamp && $util.isInteger(message.timestamp.low) && $util.isInteger(message.timestamp.high)))
                    return "timestamp: integer|Long expected";
            return null;
        };

        /**
         * Creates a Hello message from a plain object. Also converts values to their respective internal types.
         * @function fromObject
         * @memberof bep.Hello
         * @static
         * @param {Object.<string,*>} object Plain object
         * @returns {bep.Hello} Hello
         */
        Hello.fromObject = function (object, _depth) {
            if (object instanceof $root.bep.Hello)
                return object;
            if (!$util.isObject(object))
                throw $TypeError(".bep.Hello: object expected");
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let message = new $root.bep.Hello();
            if (object.deviceName != null)
                if (typeof object.deviceName !== "string" || object.deviceName.length)
                    message.deviceName = $String(object.deviceName);
            if (object.clientName != null)
                if (typeof object.clientName !== "string" || object.clientName.length)
                    message.clientName = $String(object.clientName);
            if (object.clientVersion != null)
                if (typeof object.clientVersion !== "string" || object.clientVersion.length)
                    message.clientVersion = $String(object.clientVersion);
            if (object.numConnections != null)
                if ($Number(object.numConnections) !== 0)
                    message.numConnections = object.numConnections | 0;
            if (object.timestamp != null)
                if (typeof object.timestamp === "object" ? object.timestamp.low || object.timestamp.high : $Number(object.timestamp) !== 0)
                    if ($util.Long)
                        message.timestamp = $util.Long.fromValue(object.timestamp, false);
                    else if (typeof object.timestamp === "string")
                        message.timestamp = $parseInt(object.timestamp, 10);
                    else if (typeof object.timestamp === "number")
                        message.timestamp = object.timestamp;
                    else if (typeof object.timestamp === "object")
                        message.timestamp = new $util.LongBits(object.timestamp.low >>> 0, object.timestamp.high >>> 0).toNumber();
            return message;
        };

        /**
         * Creates a plain object from a Hello message. Also converts values to other types if specified.
         * @function toObject
         * @memberof bep.Hello
         * @static
         * @param {bep.Hello} message Hello
         * @param {$protobuf.IConversionOptions} [options] Conversion options
         * @returns {Object.<string,*>} Plain object
         */
        Hello.toObject = function (message, options, _depth) {
            if (!options)
                options = {};
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let object = {};
            if (options.defaults) {
                object.deviceName = "";
                object.clientName = "";
                object.clientVersion = "";
                object.numConnections = 0;
                if ($util.Long) {
                    let long = new $util.Long(0, 0, false);
                    object.timestamp = options.longs === $String ? long.toString() : options.longs === $Number ? long.toNumber() : typeof $BigInt !== "undefined" && options.longs === $BigInt ? long.toBigInt() : long;
                } else
                    object.timestamp = options.longs === $String ? "0" : typeof $BigInt !== "undefined" && options.longs === $BigInt ? $BigInt("0") : 0;
            }
            if (message.deviceName != null && $Object.hasOwnProperty.call(message, "deviceName"))
                object.deviceName = message.deviceName;
            if (message.clientName != null && $Object.hasOwnProperty.call(message, "clientName"))
                object.clientName = message.clientName;
            if (message.clientVersion != null && $Object.hasOwnProperty.call(message, "clientVersion"))
                object.clientVersion = message.clientVersion;
            if (message.numConnections != null && $Object.hasOwnProperty.call(message, "numConnections"))
                object.numConnections = message.numConnections;
            if (message.timestamp != null && $Object.hasOwnProperty.call(message, "timestamp"))
                if (typeof $BigInt !== "undefined" && options.longs === $BigInt)
                    object.timestamp = typeof message.timestamp === "number" ? $BigInt(message.timestamp) : $util.Long.fromBits(message.timestamp.low >>> 0, message.timestamp.high >>> 0, false).toBigInt();
                else if (typeof message.timestamp === "number")
                    object.timestamp = options.longs === $String ? $String(message.timestamp) : message.timestamp;
                else
                    object.timestamp = options.longs === $String ? $util.Long.prototype.toString.call(message.timestamp) : options.longs === $Number ? new $util.LongBits(message.timestamp.low >>> 0, message.timestamp.high >>> 0).toNumber() : message.timestamp;
            return object;
        };

        /**
         * Converts this Hello to JSON.
         * @function toJSON
         * @memberof bep.Hello
         * @instance
         * @returns {Object.<string,*>} JSON object
         */
        Hello.prototype.toJSON = function() {
            return Hello.toObject(this, $protobuf.util.toJSONOptions);
        };

        /**
         * Gets the type url for Hello
         * @function getTypeUrl
         * @memberof bep.Hello
         * @static
         * @param {string} [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns {string} The type url
         */
        Hello.getTypeUrl = function(prefix) {
            if (prefix === $undefined)
                prefix = "type.googleapis.com";
            return prefix + "/bep.Hello";
        };

        return Hello;
    })();

    bep.Header = (function() {

        /**
         * Properties of a Header.
         * @typedef {Object} bep.Header.$Properties
         * @property {bep.MessageType|null} [type] Header type
         * @property {bep.MessageCompression|null} [compression] Header compression
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Header.
         * @memberof bep
         * @interface IHeader
         * @augments bep.Header.$Properties
         * @deprecated Use bep.Header.$Properties instead.
         */

        /**
         * Shape of a Header.
         * @typedef {bep.Header.$Properties} bep.Header.$Shape
         */

        /**
         * Constructs a new Header.
         * @memberof bep
         * @classdesc Represents a Header.
         * @constructor
         * @param {bep.Header.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Header = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Header type.
         * @member {bep.MessageType} type
         * @memberof bep.Header
         * @instance
         */
        Header.prototype.type = 0;

        /**
         * Header compression.
         * @member {bep.MessageCompression} compression
         * @memberof bep.Header
         * @instance
         */
        Header.prototype.compression = 0;

        /**
         * Creates a new Header instance using the specified properties.
         * @function create
         * @memberof bep.Header
         * @static
         * @param {bep.Header.$Properties=} [properties] Properties to set
         * @returns {bep.Header} Header instance
         * @type {{
         *   (properties: bep.Header.$Shape): bep.Header & bep.Header.$Shape;
         *   (properties?: bep.Header.$Properties): bep.Header;
         * }}
         */
        Header.create = function(properties) {
            return new Header(properties);
        };

        /**
         * Encodes the specified Header message. Does not implicitly {@link bep.Header.verify|verify} messages.
         * @function encode
         * @memberof bep.Header
         * @static
         * @param {bep.Header.$Properties} message Header message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Header.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.type != null && $Object.hasOwnProperty.call(message, "type") && message.type !== 0)
                writer.uint32(/* id 1, wireType 0 =*/8).int32(message.type);
            if (message.compression != null && $Object.hasOwnProperty.call(message, "compression") && message.compression !== 0)
                writer.uint32(/* id 2, wireType 0 =*/16).int32(message.compression);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Encodes the specified Header message, length delimited. Does not implicitly {@link bep.Header.verify|verify} messages.
         * @function encodeDelimited
         * @memberof bep.Header
         * @static
         * @param {bep.Header.$Properties} message Header message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Header.encodeDelimited = function(message, writer) {
            return this.encode(message, (writer || $Writer.create()).fork()).ldelim();
        };

        /**
         * Decodes a Header message from the specified reader or buffer.
         * @function decode
         * @memberof bep.Header
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {bep.Header & bep.Header.$Shape} Header
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Header.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.bep.Header();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.int32())
                            message.type = value;
                        else
                            delete message.type;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.int32())
                            message.compression = value;
                        else
                            delete message.compression;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        /**
         * Decodes a Header message from the specified reader or buffer, length delimited.
         * @function decodeDelimited
         * @memberof bep.Header
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @returns {bep.Header & bep.Header.$Shape} Header
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Header.decodeDelimited = function(reader) {
            if (!(reader instanceof $Reader))
                reader = new $Reader(reader);
            return this.decode(reader, reader.size());
        };

        /**
         * Verifies a Header message.
         * @function verify
         * @memberof bep.Header
         * @static
         * @param {Object.<string,*>} message Plain object to verify
         * @returns {string|null} `null` if valid, otherwise the reason why it is not
         */
        Header.verify = function (message, _depth) {
            if (typeof message !== "object" || message === null)
                return "object expected";
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                return "max depth exceeded";
            if (message.type != null && $Object.hasOwnProperty.call(message, "type"))
                if (typeof message.type !== "number" || (message.type | 0) !== message.type)
                    return "type: enum value expected";
            if (message.compression != null && $Object.hasOwnProperty.call(message, "compression"))
                if (typeof message.compression !== "number" || (message.compression | 0) !== message.compression)
                    return "compression: enum value expected";
            return null;
        };

        /**
         * Creates a Header message from a plain object. Also converts values to their respective internal types.
         * @function fromObject
         * @memberof bep.Header
         * @static
         * @param {Object.<string,*>} object Plain object
         * @returns {bep.Header} Header
         */
        Header.fromObject = function (object, _depth) {
            if (object instanceof $root.bep.Header)
                return object;
            if (!$util.isObject(object))
                throw $TypeError(".bep.Header: object expected");
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let message = new $root.bep.Header();
            if (object.type !== 0 && (typeof object.type !== "string" || $root.bep.MessageType[object.type] !== 0))
                switch (object.type) {
                case "MESSAGE_TYPE_CLUSTER_CONFIG":
                case 0:
                    message.type = 0;
                    break;
                case "MESSAGE_TYPE_INDEX":
                case 1:
                    message.type = 1;
                    break;
                case "MESSAGE_TYPE_INDEX_UPDATE":
                case 2:
                    message.type = 2;
                    break;
                case "MESSAGE_TYPE_REQUEST":
                case 3:
                    message.type = 3;
                    break;
                case "MESSAGE_TYPE_RESPONSE":
                case 4:
                    message.type = 4;
                    break;
                case "MESSAGE_TYPE_DOWNLOAD_PROGRESS":
                case 5:
                    message.type = 5;
                    break;
                case "MESSAGE_TYPE_PING":
                case 6:
                    message.type = 6;
                    break;
                case "MESSAGE_TYPE_CLOSE":
                case 7:
                    message.type = 7;
                    break;
                default:
                    if (typeof object.type === "number" && (object.type | 0) === object.type)
                        message.type = object.type;
                }
            if (object.compression !== 0 && (typeof object.compression !== "string" || $root.bep.MessageCompression[object.compression] !== 0))
                switch (object.compression) {
                case "MESSAGE_COMPRESSION_NONE":
                case 0:
                    message.compression = 0;
                    break;
                case "MESSAGE_COMPRESSION_LZ4":
                case 1:
                    message.compression = 1;
                    break;
                default:
                    if (typeof object.compression === "number" && (object.compression | 0) === object.compression)
                        message.compression = object.compression;
                }
            return message;
        };

        /**
         * Creates a plain object from a Header message. Also converts values to other types if specified.
         * @function toObject
         * @memberof bep.Header
         * @static
         * @param {bep.Header} message Header
         * @param {$protobuf.IConversionOptions} [options] Conversion options
         * @returns {Object.<string,*>} Plain object
         */
        Header.toObject = function (message, options, _depth) {
            if (!options)
                options = {};
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let object = {};
            if (options.defaults) {
                object.type = options.enums === $String ? "MESSAGE_TYPE_CLUSTER_CONFIG" : 0;
                object.compression = options.enums === $String ? "MESSAGE_COMPRESSION_NONE" : 0;
            }
            if (message.type != null && $Object.hasOwnProperty.call(message, "type"))
                object.type = options.enums === $String ? $root.bep.MessageType[message.type] === $undefined ? message.type : $root.bep.MessageType[message.type] : message.type;
            if (message.compression != null && $Object.hasOwnProperty.call(message, "compression"))
                object.compression = options.enums === $String ? $root.bep.MessageCompression[message.compression] === $undefined ? message.compression : $root.bep.MessageCompression[message.compression] : message.compression;
            return object;
        };

        /**
         * Converts this Header to JSON.
         * @function toJSON
         * @memberof bep.Header
         * @instance
         * @returns {Object.<string,*>} JSON object
         */
        Header.prototype.toJSON = function() {
            return Header.toObject(this, $protobuf.util.toJSONOptions);
        };

        /**
         * Gets the type url for Header
         * @function getTypeUrl
         * @memberof bep.Header
         * @static
         * @param {string} [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns {string} The type url
         */
        Header.getTypeUrl = function(prefix) {
            if (prefix === $undefined)
                prefix = "type.googleapis.com";
            return prefix + "/bep.Header";
        };

        return Header;
    })();

    /**
     * MessageType enum.
     * @name bep.MessageType
     * @enum {number}
     * @property {number} MESSAGE_TYPE_CLUSTER_CONFIG=0 MESSAGE_TYPE_CLUSTER_CONFIG value
     * @property {number} MESSAGE_TYPE_INDEX=1 MESSAGE_TYPE_INDEX value
     * @property {number} MESSAGE_TYPE_INDEX_UPDATE=2 MESSAGE_TYPE_INDEX_UPDATE value
     * @property {number} MESSAGE_TYPE_REQUEST=3 MESSAGE_TYPE_REQUEST value
     * @property {number} MESSAGE_TYPE_RESPONSE=4 MESSAGE_TYPE_RESPONSE value
     * @property {number} MESSAGE_TYPE_DOWNLOAD_PROGRESS=5 MESSAGE_TYPE_DOWNLOAD_PROGRESS value
     * @property {number} MESSAGE_TYPE_PING=6 MESSAGE_TYPE_PING value
     * @property {number} MESSAGE_TYPE_CLOSE=7 MESSAGE_TYPE_CLOSE value
     */
    bep.MessageType = (function() {
        const valuesById = $Object.create(null), values = $Object.create(valuesById);
        values[valuesById[0] = "MESSAGE_TYPE_CLUSTER_CONFIG"] = 0;
        values[valuesById[1] = "MESSAGE_TYPE_INDEX"] = 1;
        values[valuesById[2] = "MESSAGE_TYPE_INDEX_UPDATE"] = 2;
        values[valuesById[3] = "MESSAGE_TYPE_REQUEST"] = 3;
        values[valuesById[4] = "MESSAGE_TYPE_RESPONSE"] = 4;
        values[valuesById[5] = "MESSAGE_TYPE_DOWNLOAD_PROGRESS"] = 5;
        values[valuesById[6] = "MESSAGE_TYPE_PING"] = 6;
        values[valuesById[7] = "MESSAGE_TYPE_CLOSE"] = 7;
        return values;
    })();

    /**
     * MessageCompression enum.
     * @name bep.MessageCompression
     * @enum {number}
     * @property {number} MESSAGE_COMPRESSION_NONE=0 MESSAGE_COMPRESSION_NONE value
     * @property {number} MESSAGE_COMPRESSION_LZ4=1 MESSAGE_COMPRESSION_LZ4 value
     */
    bep.MessageCompression = (function() {
        const valuesById = $Object.create(null), values = $Object.create(valuesById);
        values[valuesById[0] = "MESSAGE_COMPRESSION_NONE"] = 0;
        values[valuesById[1] = "MESSAGE_COMPRESSION_LZ4"] = 1;
        return values;
    })();

    bep.ClusterConfig = (function() {

        /**
         * Properties of a ClusterConfig.
         * @typedef {Object} bep.ClusterConfig.$Properties
         * @property {Array.<bep.Folder.$Properties>|null} [folders] ClusterConfig folders
         * @property {boolean|null} [secondary] ClusterConfig secondary
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a ClusterConfig.
         * @memberof bep
         * @interface IClusterConfig
         * @augments bep.ClusterConfig.$Properties
         * @deprecated Use bep.ClusterConfig.$Properties instead.
         */

        /**
         * Shape of a ClusterConfig.
         * @typedef {bep.ClusterConfig.$Properties} bep.ClusterConfig.$Shape
         */

        /**
         * Constructs a new ClusterConfig.
         * @memberof bep
         * @classdesc Represents a ClusterConfig.
         * @constructor
         * @param {bep.ClusterConfig.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const ClusterConfig = function (properties) {
            this.folders = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * ClusterConfig folders.
         * @member {Array.<bep.Folder.$Properties>} folders
         * @memberof bep.ClusterConfig
         * @instance
         */
        ClusterConfig.prototype.folders = $util.emptyArray;

        /**
         * ClusterConfig secondary.
         * @member {boolean} secondary
         * @memberof bep.ClusterConfig
         * @instance
         */
        ClusterConfig.prototype.secondary = false;

        /**
         * Creates a new ClusterConfig instance using the specified properties.
         * @function create
         * @memberof bep.ClusterConfig
         * @static
         * @param {bep.ClusterConfig.$Properties=} [properties] Properties to set
         * @returns {bep.ClusterConfig} ClusterConfig instance
         * @type {{
         *   (properties: bep.ClusterConfig.$Shape): bep.ClusterConfig & bep.ClusterConfig.$Shape;
         *   (properties?: bep.ClusterConfig.$Properties): bep.ClusterConfig;
         * }}
         */
        ClusterConfig.create = function(properties) {
            return new ClusterConfig(properties);
        };

        /**
         * Encodes the specified ClusterConfig message. Does not implicitly {@link bep.ClusterConfig.verify|verify} messages.
         * @function encode
         * @memberof bep.ClusterConfig
         * @static
         * @param {bep.ClusterConfig.$Properties} message ClusterConfig message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        ClusterConfig.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.folders != null && message.folders.length)
                for (let i = 0; i < message.folders.length; ++i)
                    $root.bep.Folder.encode(message.folders[i], writer.uint32(/* id 1, wireType 2 =*/10).fork(), _depth + 1).ldelim();
            if (message.secondary != null && $Object.hasOwnProperty.call(message, "secondary") && message.secondary !== false)
                writer.uint32(/* id 2, wireType 0 =*/16).bool(message.secondary);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Encodes the specified ClusterConfig message, length delimited. Does not implicitly {@link bep.ClusterConfig.verify|verify} messages.
         * @function encodeDelimited
         * @memberof bep.ClusterConfig
         * @static
         * @param {bep.ClusterConfig.$Properties} message ClusterConfig message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        ClusterConfig.encodeDelimited = function(message, writer) {
            return this.encode(message, (writer || $Writer.create()).fork()).ldelim();
        };

        /**
         * Decodes a ClusterConfig message from the specified reader or buffer.
         * @function decode
         * @memberof bep.ClusterConfig
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {bep.ClusterConfig & bep.ClusterConfig.$Shape} ClusterConfig
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        ClusterConfig.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.bep.ClusterConfig();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if (!(message.folders && message.folders.length))
                            message.folders = [];
                        message.folders.push($root.bep.Folder.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.bool())
                            message.secondary = value;
                        else
                            delete message.secondary;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        /**
         * Decodes a ClusterConfig message from the specified reader or buffer, length delimited.
         * @function decodeDelimited
         * @memberof bep.ClusterConfig
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @returns {bep.ClusterConfig & bep.ClusterConfig.$Shape} ClusterConfig
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        ClusterConfig.decodeDelimited = function(reader) {
            if (!(reader instanceof $Reader))
                reader = new $Reader(reader);
            return this.decode(reader, reader.size());
        };

        /**
         * Verifies a ClusterConfig message.
         * @function verify
         * @memberof bep.ClusterConfig
         * @static
         * @param {Object.<string,*>} message Plain object to verify
         * @returns {string|null} `null` if valid, otherwise the reason why it is not
         */
        ClusterConfig.verify = function (message, _depth) {
            if (typeof message !== "object" || message === null)
                return "object expected";
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                return "max depth exceeded";
            if (message.folders != null && $Object.hasOwnProperty.call(message, "folders")) {
                if (!$Array.isArray(message.folders))
                    return "folders: array expected";
                for (let i = 0; i < message.folders.length; ++i) {
                    let error = $root.bep.Folder.verify(message.folders[i], _depth + 1);
                    if (error)
                        return "folders." + error;
                }
            }
            if (message.secondary != null && $Object.hasOwnProperty.call(message, "secondary"))
                if (typeof message.secondary !== "boolean")
                    return "secondary: boolean expected";
            return null;
        };

        /**
         * Creates a ClusterConfig message from a plain object. Also converts values to their respective internal types.
         * @function fromObject
         * @memberof bep.ClusterConfig
         * @static
         * @param {Object.<string,*>} object Plain object
         * @returns {bep.ClusterConfig} ClusterConfig
         */
        ClusterConfig.fromObject = function (object, _depth) {
            if (object instanceof $root.bep.ClusterConfig)
                return object;
            if (!$util.isObject(object))
                throw $TypeError(".bep.ClusterConfig: object expected");
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let message = new $root.bep.ClusterConfig();
            if (object.folders) {
                if (!$Array.isArray(object.folders))
                    throw $TypeError(".bep.ClusterConfig.folders: array expected");
                message.folders = $Array(object.folders.length);
                for (let i = 0; i < object.folders.length; ++i) {
                    if (!$util.isObject(object.folders[i]))
                        throw $TypeError(".bep.ClusterConfig.folders: object expected");
                    message.folders[i] = $root.bep.Folder.fromObject(object.folders[i], _depth + 1);
                }
            }
            if (object.secondary != null)
                if (object.secondary)
                    message.secondary = $Boolean(object.secondary);
            return message;
        };

        /**
         * Creates a plain object from a ClusterConfig message. Also converts values to other types if specified.
         * @function toObject
         * @memberof bep.ClusterConfig
         * @static
         * @param {bep.ClusterConfig} message ClusterConfig
         * @param {$protobuf.IConversionOptions} [options] Conversion options
         * @returns {Object.<string,*>} Plain object
         */
        ClusterConfig.toObject = function (message, options, _depth) {
            if (!options)
                options = {};
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let object = {};
            if (options.arrays || options.defaults)
                object.folders = [];
            if (options.defaults)
                object.secondary = false;
            if (message.folders && message.folders.length) {
                object.folders = $Array(message.folders.length);
                for (let j = 0; j < message.folders.length; ++j)
                    object.folders[j] = $root.bep.Folder.toObject(message.folders[j], options, _depth + 1);
            }
            if (message.secondary != null && $Object.hasOwnProperty.call(message, "secondary"))
                object.secondary = message.secondary;
            return object;
        };

        /**
         * Converts this ClusterConfig to JSON.
         * @function toJSON
         * @memberof bep.ClusterConfig
         * @instance
         * @returns {Object.<string,*>} JSON object
         */
        ClusterConfig.prototype.toJSON = function() {
            return ClusterConfig.toObject(this, $protobuf.util.toJSONOptions);
        };

        /**
         * Gets the type url for ClusterConfig
         * @function getTypeUrl
         * @memberof bep.ClusterConfig
         * @static
         * @param {string} [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns {string} The type url
         */
        ClusterConfig.getTypeUrl = function(prefix) {
            if (prefix === $undefined)
                prefix = "type.googleapis.com";
            return prefix + "/bep.ClusterConfig";
        };

        return ClusterConfig;
    })();

    bep.Folder = (function() {

        /**
         * Properties of a Folder.
         * @typedef {Object} bep.Folder.$Properties
         * @property {string|null} [id] Folder id
         * @property {string|null} [label] Folder label
         * @property {number|null} [type] Folder type
         * @property {boolean|null} [ignorePermissions] Folder ignorePermissions
         * @property {boolean|null} [ignoreDelete] Folder ignoreDelete
         * @property {boolean|null} [disableTempIndexes] Folder disableTempIndexes
         * @property {number|null} [stopReason] Folder stopReason
         * @property {Array.<bep.Device.$Properties>|null} [devices] Folder devices
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Folder.
         * @memberof bep
         * @interface IFolder
         * @augments bep.Folder.$Properties
         * @deprecated Use bep.Folder.$Properties instead.
         */

        /**
         * Shape of a Folder.
         * @typedef {bep.Folder.$Properties} bep.Folder.$Shape
         */

        /**
         * Constructs a new Folder.
         * @memberof bep
         * @classdesc Represents a Folder.
         * @constructor
         * @param {bep.Folder.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Folder = function (properties) {
            this.devices = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Folder id.
         * @member {string} id
         * @memberof bep.Folder
         * @instance
         */
        Folder.prototype.id = "";

        /**
         * Folder label.
         * @member {string} label
         * @memberof bep.Folder
         * @instance
         */
        Folder.prototype.label = "";

        /**
         * Folder type.
         * @member {number} type
         * @memberof bep.Folder
         * @instance
         */
        Folder.prototype.type = 0;

        /**
         * Folder ignorePermissions.
         * @member {boolean} ignorePermissions
         * @memberof bep.Folder
         * @instance
         */
        Folder.prototype.ignorePermissions = false;

        /**
         * Folder ignoreDelete.
         * @member {boolean} ignoreDelete
         * @memberof bep.Folder
         * @instance
         */
        Folder.prototype.ignoreDelete = false;

        /**
         * Folder disableTempIndexes.
         * @member {boolean} disableTempIndexes
         * @memberof bep.Folder
         * @instance
         */
        Folder.prototype.disableTempIndexes = false;

        /**
         * Folder stopReason.
         * @member {number} stopReason
         * @memberof bep.Folder
         * @instance
         */
        Folder.prototype.stopReason = 0;

        /**
         * Folder devices.
         * @member {Array.<bep.Device.$Properties>} devices
         * @memberof bep.Folder
         * @instance
         */
        Folder.prototype.devices = $util.emptyArray;

        /**
         * Creates a new Folder instance using the specified properties.
         * @function create
         * @memberof bep.Folder
         * @static
         * @param {bep.Folder.$Properties=} [properties] Properties to set
         * @returns {bep.Folder} Folder instance
         * @type {{
         *   (properties: bep.Folder.$Shape): bep.Folder & bep.Folder.$Shape;
         *   (properties?: bep.Folder.$Properties): bep.Folder;
         * }}
         */
        Folder.create = function(properties) {
            return new Folder(properties);
        };

        /**
         * Encodes the specified Folder message. Does not implicitly {@link bep.Folder.verify|verify} messages.
         * @function encode
         * @memberof bep.Folder
         * @static
         * @param {bep.Folder.$Properties} message Folder message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Folder.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.id != null && $Object.hasOwnProperty.call(message, "id") && message.id !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.id);
            if (message.label != null && $Object.hasOwnProperty.call(message, "label") && message.label !== "")
                writer.uint32(/* id 2, wireType 2 =*/18).string(message.label);
            if (message.type != null && $Object.hasOwnProperty.call(message, "type") && message.type !== 0)
                writer.uint32(/* id 3, wireType 0 =*/24).int32(message.type);
            if (message.ignorePermissions != null && $Object.hasOwnProperty.call(message, "ignorePermissions") && message.ignorePermissions !== false)
                writer.uint32(/* id 4, wireType 0 =*/32).bool(message.ignorePermissions);
            if (message.ignoreDelete != null && $Object.hasOwnProperty.call(message, "ignoreDelete") && message.ignoreDelete !== false)
                writer.uint32(/* id 5, wireType 0 =*/40).bool(message.ignoreDelete);
            if (message.disableTempIndexes != null && $Object.hasOwnProperty.call(message, "disableTempIndexes") && message.disableTempIndexes !== false)
                writer.uint32(/* id 6, wireType 0 =*/48).bool(message.disableTempIndexes);
            if (message.stopReason != null && $Object.hasOwnProperty.call(message, "stopReason") && message.stopReason !== 0)
                writer.uint32(/* id 7, wireType 0 =*/56).int32(message.stopReason);
            if (message.devices != null && message.devices.length)
                for (let i = 0; i < message.devices.length; ++i)
                    $root.bep.Device.encode(message.devices[i], writer.uint32(/* id 16, wireType 2 =*/130).fork(), _depth + 1).ldelim();
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Encodes the specified Folder message, length delimited. Does not implicitly {@link bep.Folder.verify|verify} messages.
         * @function encodeDelimited
         * @memberof bep.Folder
         * @static
         * @param {bep.Folder.$Properties} message Folder message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Folder.encodeDelimited = function(message, writer) {
            return this.encode(message, (writer || $Writer.create()).fork()).ldelim();
        };

        /**
         * Decodes a Folder message from the specified reader or buffer.
         * @function decode
         * @memberof bep.Folder
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {bep.Folder & bep.Folder.$Shape} Folder
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Folder.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.bep.Folder();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.id = value;
                        else
                            delete message.id;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.label = value;
                        else
                            delete message.label;
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.int32())
                            message.type = value;
                        else
                            delete message.type;
                        continue;
                    }
                case 4: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.bool())
                            message.ignorePermissions = value;
                        else
                            delete message.ignorePermissions;
                        continue;
                    }
                case 5: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.bool())
                            message.ignoreDelete = value;
                        else
                            delete message.ignoreDelete;
                        continue;
                    }
                case 6: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.bool())
                            message.disableTempIndexes = value;
                        else
                            delete message.disableTempIndexes;
                        continue;
                    }
                case 7: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.int32())
                            message.stopReason = value;
                        else
                            delete message.stopReason;
                        continue;
                    }
                case 16: {
                        if (wireType !== 2)
                            break;
                        if (!(message.devices && message.devices.length))
                            message.devices = [];
                        message.devices.push($root.bep.Device.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        /**
         * Decodes a Folder message from the specified reader or buffer, length delimited.
         * @function decodeDelimited
         * @memberof bep.Folder
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @returns {bep.Folder & bep.Folder.$Shape} Folder
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Folder.decodeDelimited = function(reader) {
            if (!(reader instanceof $Reader))
                reader = new $Reader(reader);
            return this.decode(reader, reader.size());
        };

        /**
         * Verifies a Folder message.
         * @function verify
         * @memberof bep.Folder
         * @static
         * @param {Object.<string,*>} message Plain object to verify
         * @returns {string|null} `null` if valid, otherwise the reason why it is not
         */
        Folder.verify = function (message, _depth) {
            if (typeof message !== "object" || message === null)
                return "object expected";
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                return "max depth exceeded";
            if (message.id != null && $Object.hasOwnProperty.call(message, "id"))
                if (!$util.isString(message.id))
                    return "id: string expected";
            if (message.label != null && $Object.hasOwnProperty.call(message, "label"))
                if (!$util.isString(message.label))
                    return "label: string expected";
            if (message.type != null && $Object.hasOwnProperty.call(message, "type"))
                if (!$util.isInteger(message.type))
                    return "type: integer expected";
            if (message.ignorePermissions != null && $Object.hasOwnProperty.call(message, "ignorePermissions"))
                if (typeof message.ignorePermissions !== "boolean")
                    return "ignorePermissions: boolean expected";
            if (message.ignoreDelete != null && $Object.hasOwnProperty.call(message, "ignoreDelete"))
                if (typeof message.ignoreDelete !== "boolean")
                    return "ignoreDelete: boolean expected";
            if (message.disableTempIndexes != null && $Object.hasOwnProperty.call(message, "disableTempIndexes"))
                if (typeof message.disableTempIndexes !== "boolean")
                    return "disableTempIndexes: boolean expected";
            if (message.stopReason != null && $Object.hasOwnProperty.call(message, "stopReason"))
                if (!$util.isInteger(message.stopReason))
                    return "stopReason: integer expected";
            if (message.devices != null && $Object.hasOwnProperty.call(message, "devices")) {
                if (!$Array.isArray(message.devices))
                    return "devices: array expected";
                for (let i = 0; i < message.devices.length; ++i) {
                    let error = $root.bep.Device.verify(message.devices[i], _depth + 1);
                    if (error)
                        return "devices." + error;
                }
            }
            return null;
        };

        /**
         * Creates a Folder message from a plain object. Also converts values to their respective internal types.
         * @function fromObject
         * @memberof bep.Folder
         * @static
         * @param {Object.<string,*>} object Plain object
         * @returns {bep.Folder} Folder
         */
        Folder.fromObject = function (object, _depth) {
            if (object instanceof $root.bep.Folder)
                return object;
            if (!$util.isObject(object))
                throw $TypeError(".bep.Folder: object expected");
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let message = new $root.bep.Folder();
            if (object.id != null)
                if (typeof object.id !== "string" || object.id.length)
                    message.id = $String(object.id);
            if (object.label != null)
                if (typeof object.label !== "string" || object.label.length)
                    message.label = $String(object.label);
            if (object.type != null)
                if ($Number(object.type) !== 0)
                    message.type = object.type | 0;
            if (object.ignorePermissions != null)
                if (object.ignorePermissions)
                    message.ignorePermissions = $Boolean(object.ignorePermissions);
            if (object.ignoreDelete != null)
                if (object.ignoreDelete)
                    message.ignoreDelete = $Boolean(object.ignoreDelete);
            if (object.disableTempIndexes != null)
                if (object.disableTempIndexes)
                    message.disableTempIndexes = $Boolean(object.disableTempIndexes);
            if (object.stopReason != null)
                if ($Number(object.stopReason) !== 0)
                    message.stopReason = object.stopReason | 0;
            if (object.devices) {
                if (!$Array.isArray(object.devices))
                    throw $TypeError(".bep.Folder.devices: array expected");
                message.devices = $Array(object.devices.length);
                for (let i = 0; i < object.devices.length; ++i) {
                    if (!$util.isObject(object.devices[i]))
                        throw $TypeError(".bep.Folder.devices: object expected");
                    message.devices[i] = $root.bep.Device.fromObject(object.devices[i], _depth + 1);
                }
            }
            return message;
        };

        /**
         * Creates a plain object from a Folder message. Also converts values to other types if specified.
         * @function toObject
         * @memberof bep.Folder
         * @static
         * @param {bep.Folder} message Folder
         * @param {$protobuf.IConversionOptions} [options] Conversion options
         * @returns {Object.<string,*>} Plain object
         */
        Folder.toObject = function (message, options, _depth) {
            if (!options)
                options = {};
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let object = {};
            if (options.arrays || options.defaults)
                object.devices = [];
            if (options.defaults) {
                object.id = "";
                object.label = "";
                object.type = 0;
                object.ignorePermissions = false;
                object.ignoreDelete = false;
                object.disableTempIndexes = false;
                object.stopReason = 0;
            }
            if (message.id != null && $Object.hasOwnProperty.call(message, "id"))
                object.id = message.id;
            if (message.label != null && $Object.hasOwnProperty.call(message, "label"))
                object.label = message.label;
            if (message.type != null && $Object.hasOwnProperty.call(message, "type"))
                object.type = message.type;
            if (message.ignorePermissions != null && $Object.hasOwnProperty.call(message, "ignorePermissions"))
                object.ignorePermissions = message.ignorePermissions;
            if (message.ignoreDelete != null && $Object.hasOwnProperty.call(message, "ignoreDelete"))
                object.ignoreDelete = message.ignoreDelete;
            if (message.disableTempIndexes != null && $Object.hasOwnProperty.call(message, "disableTempIndexes"))
                object.disableTempIndexes = message.disableTempIndexes;
            if (message.stopReason != null && $Object.hasOwnProperty.call(message, "stopReason"))
                object.stopReason = message.stopReason;
            if (message.devices && message.devices.length) {
                object.devices = $Array(message.devices.length);
                for (let j = 0; j < message.devices.length; ++j)
                    object.devices[j] = $root.bep.Device.toObject(message.devices[j], options, _depth + 1);
            }
            return object;
        };

        /**
         * Converts this Folder to JSON.
         * @function toJSON
         * @memberof bep.Folder
         * @instance
         * @returns {Object.<string,*>} JSON object
         */
        Folder.prototype.toJSON = function() {
            return Folder.toObject(this, $protobuf.util.toJSONOptions);
        };

        /**
         * Gets the type url for Folder
         * @function getTypeUrl
         * @memberof bep.Folder
         * @static
         * @param {string} [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns {string} The type url
         */
        Folder.getTypeUrl = function(prefix) {
            if (prefix === $undefined)
                prefix = "type.googleapis.com";
            return prefix + "/bep.Folder";
        };

        return Folder;
    })();

    bep.Device = (function() {

        /**
         * Properties of a Device.
         * @typedef {Object} bep.Device.$Properties
         * @property {Uint8Array|null} [id] Device id
         * @property {string|null} [name] Device name
         * @property {Array.<string>|null} [addresses] Device addresses
         * @property {number|null} [compression] Device compression
         * @property {string|null} [certName] Device certName
         * @property {Long|null} [maxSequence] Device maxSequence
         * @property {boolean|null} [introducer] Device introducer
         * @property {Long|null} [indexId] Device indexId
         * @property {boolean|null} [skipIntroductionRemovals] Device skipIntroductionRemovals
         * @property {Uint8Array|null} [encryptionPasswordToken] Device encryptionPasswordToken
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Device.
         * @memberof bep
         * @interface IDevice
         * @augments bep.Device.$Properties
         * @deprecated Use bep.Device.$Properties instead.
         */

        /**
         * Shape of a Device.
         * @typedef {bep.Device.$Properties} bep.Device.$Shape
         */

        /**
         * Constructs a new Device.
         * @memberof bep
         * @classdesc Represents a Device.
         * @constructor
         * @param {bep.Device.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Device = function (properties) {
            this.addresses = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Device id.
         * @member {Uint8Array} id
         * @memberof bep.Device
         * @instance
         */
        Device.prototype.id = $util.newBuffer([]);

        /**
         * Device name.
         * @member {string} name
         * @memberof bep.Device
         * @instance
         */
        Device.prototype.name = "";

        /**
         * Device addresses.
         * @member {Array.<string>} addresses
         * @memberof bep.Device
         * @instance
         */
        Device.prototype.addresses = $util.emptyArray;

        /**
         * Device compression.
         * @member {number} compression
         * @memberof bep.Device
         * @instance
         */
        Device.prototype.compression = 0;

        /**
         * Device certName.
         * @member {string} certName
         * @memberof bep.Device
         * @instance
         */
        Device.prototype.certName = "";

        /**
         * Device maxSequence.
         * @member {Long} maxSequence
         * @memberof bep.Device
         * @instance
         */
        Device.prototype.maxSequence = $util.Long ? $util.Long.fromBits(0,0,false) : 0;

        /**
         * Device introducer.
         * @member {boolean} introducer
         * @memberof bep.Device
         * @instance
         */
        Device.prototype.introducer = false;

        /**
         * Device indexId.
         * @member {Long} indexId
         * @memberof bep.Device
         * @instance
         */
        Device.prototype.indexId = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Device skipIntroductionRemovals.
         * @member {boolean} skipIntroductionRemovals
         * @memberof bep.Device
         * @instance
         */
        Device.prototype.skipIntroductionRemovals = false;

        /**
         * Device encryptionPasswordToken.
         * @member {Uint8Array} encryptionPasswordToken
         * @memberof bep.Device
         * @instance
         */
        Device.prototype.encryptionPasswordToken = $util.newBuffer([]);

        /**
         * Creates a new Device instance using the specified properties.
         * @function create
         * @memberof bep.Device
         * @static
         * @param {bep.Device.$Properties=} [properties] Properties to set
         * @returns {bep.Device} Device instance
         * @type {{
         *   (properties: bep.Device.$Shape): bep.Device & bep.Device.$Shape;
         *   (properties?: bep.Device.$Properties): bep.Device;
         * }}
         */
        Device.create = function(properties) {
            return new Device(properties);
        };

        /**
         * Encodes the specified Device message. Does not implicitly {@link bep.Device.verify|verify} messages.
         * @function encode
         * @memberof bep.Device
         * @static
         * @param {bep.Device.$Properties} message Device message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Device.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.id != null && $Object.hasOwnProperty.call(message, "id") && message.id.length)
                writer.uint32(/* id 1, wireType 2 =*/10).bytes(message.id);
            if (message.name != null && $Object.hasOwnProperty.call(message, "name") && message.name !== "")
                writer.uint32(/* id 2, wireType 2 =*/18).string(message.name);
            if (message.addresses != null && message.addresses.length)
                for (let i = 0; i < message.addresses.length; ++i)
                    writer.uint32(/* id 3, wireType 2 =*/26).string(message.addresses[i]);
            if (message.compression != null && $Object.hasOwnProperty.call(message, "compression") && message.compression !== 0)
                writer.uint32(/* id 4, wireType 0 =*/32).int32(message.compression);
            if (message.certName != null && $Object.hasOwnProperty.call(message, "certName") && message.certName !== "")
                writer.uint32(/* id 5, wireType 2 =*/42).string(message.certName);
            if (message.maxSequence != null && $Object.hasOwnProperty.call(message, "maxSequence") && (typeof message.maxSequence === "object" ? message.maxSequence.low || message.maxSequence.high : message.maxSequence !== 0))
                writer.uint32(/* id 6, wireType 0 =*/48).int64(message.maxSequence);
            if (message.introducer != null && $Object.hasOwnProperty.call(message, "introducer") && message.introducer !== false)
                writer.uint32(/* id 7, wireType 0 =*/56).bool(message.introducer);
            if (message.indexId != null && $Object.hasOwnProperty.call(message, "indexId") && (typeof message.indexId === "object" ? message.indexId.low || message.indexId.high : message.indexId !== 0))
                writer.uint32(/* id 8, wireType 0 =*/64).uint64(message.indexId);
            if (message.skipIntroductionRemovals != null && $Object.hasOwnProperty.call(message, "skipIntroductionRemovals") && message.skipIntroductionRemovals !== false)
                writer.uint32(/* id 9, wireType 0 =*/72).bool(message.skipIntroductionRemovals);
            if (message.encryptionPasswordToken != null && $Object.hasOwnProperty.call(message, "encryptionPasswordToken") && message.encryptionPasswordToken.length)
                writer.uint32(/* id 10, wireType 2 =*/82).bytes(message.encryptionPasswordToken);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Encodes the specified Device message, length delimited. Does not implicitly {@link bep.Device.verify|verify} messages.
         * @function encodeDelimited
         * @memberof bep.Device
         * @static
         * @param {bep.Device.$Properties} message Device message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Device.encodeDelimited = function(message, writer) {
            return this.encode(message, (writer || $Writer.create()).fork()).ldelim();
        };

        /**
         * Decodes a Device message from the specified reader or buffer.
         * @function decode
         * @memberof bep.Device
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {bep.Device & bep.Device.$Shape} Device
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Device.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.bep.Device();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.id = value;
                        else
                            delete message.id;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.name = value;
                        else
                            delete message.name;
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if (!(message.addresses && message.addresses.length))
                            message.addresses = [];
                        message.addresses.push(reader.stringVerify());
                        continue;
                    }
                case 4: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.int32())
                            message.compression = value;
                        else
                            delete message.compression;
                        continue;
                    }
                case 5: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.certName = value;
                        else
                            delete message.certName;
                        continue;
                    }
                case 6: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.int64()) === "object" ? value.low || value.high : value !== 0)
                            message.maxSequence = value;
                        else
                            delete message.maxSequence;
                        continue;
                    }
                case 7: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.bool())
                            message.introducer = value;
                        else
                            delete message.introducer;
                        continue;
                    }
                case 8: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.indexId = value;
                        else
                            delete message.indexId;
                        continue;
                    }
                case 9: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.bool())
                            message.skipIntroductionRemovals = value;
                        else
                            delete message.skipIntroductionRemovals;
                        continue;
                    }
                case 10: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.encryptionPasswordToken = value;
                        else
                            delete message.encryptionPasswordToken;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        /**
         * Decodes a Device message from the specified reader or buffer, length delimited.
         * @function decodeDelimited
         * @memberof bep.Device
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @returns {bep.Device & bep.Device.$Shape} Device
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Device.decodeDelimited = function(reader) {
            if (!(reader instanceof $Reader))
                reader = new $Reader(reader);
            return this.decode(reader, reader.size());
        };

        /**
         * Verifies a Device message.
         * @function verify
         * @memberof bep.Device
         * @static
         * @param {Object.<string,*>} message Plain object to verify
         * @returns {string|null} `null` if valid, otherwise the reason why it is not
         */
        Device.verify = function (message, _depth) {
            if (typeof message !== "object" || message === null)
                return "object expected";
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                return "max depth exceeded";
            if (message.id != null && $Object.hasOwnProperty.call(message, "id"))
                if (!(message.id && typeof message.id.length === "number" || $util.isString(message.id)))
                    return "id: buffer expected";
            if (message.name != null && $Object.hasOwnProperty.call(message, "name"))
                if (!$util.isString(message.name))
                    return "name: string expected";
            if (message.addresses != null && $Object.hasOwnProperty.call(message, "addresses")) {
                if (!$Array.isArray(message.addresses))
                    return "addresses: array expected";
                for (let i = 0; i < message.addresses.length; ++i)
                    if (!$util.isString(message.addresses[i]))
                        return "addresses: string[] expected";
            }
            if (message.compression != null && $Object.hasOwnProperty.call(message, "compression"))
                if (!$util.isInteger(message.compression))
                    return "compression: integer expected";
            if (message.certName != null && $Object.hasOwnProperty.call(message, "certName"))
                if (!$util.isString(message.certName))
                    return "certName: string expected";
            if (message.maxSequence != null && $Object.hasOwnProperty.call(message, "maxSequence"))
                if (!$util.isInteger(message.maxSequence) && !(message.maxSequence && $util.isInteger(message.maxSequence.low) && $util.isInteger(message.maxSequence.high)))
                    return "maxSequence: integer|Long expected";
            if (message.introducer != null && $Object.hasOwnProperty.call(message, "introducer"))
                if (typeof message.introducer !== "boolean")
                    return "introducer: boolean expected";
            if (message.indexId != null && $Object.hasOwnProperty.call(message, "indexId"))
                if (!$util.isInteger(message.indexId) && !(message.indexId && $util.isInteger(message.indexId.low) && $util.isInteger(message.indexId.high)))
                    return "indexId: integer|Long expected";
            if (message.skipIntroductionRemovals != null && $Object.hasOwnProperty.call(message, "skipIntroductionRemovals"))
                if (typeof message.skipIntroductionRemovals !== "boolean")
                    return "skipIntroductionRemovals: boolean expected";
            if (message.encryptionPasswordToken != null && $Object.hasOwnProperty.call(message, "encryptionPasswordToken"))
                if (!(message.encryptionPasswordToken && typeof message.encryptionPasswordToken.length === "number" || $util.isString(message.encryptionPasswordToken)))
                    return "encryptionPasswordToken: buffer expected";
            return null;
        };

        /**
         * Creates a Device message from a plain object. Also converts values to their respective internal types.
         * @function fromObject
         * @memberof bep.Device
         * @static
         * @param {Object.<string,*>} object Plain object
         * @returns {bep.Device} Device
         */
        Device.fromObject = function (object, _depth) {
            if (object instanceof $root.bep.Device)
                return object;
            if (!$util.isObject(object))
                throw $TypeError(".bep.Device: object expected");
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let message = new $root.bep.Device();
            if (object.id != null)
                if (object.id.length)
                    if (typeof object.id === "string")
                        $util.base64.decode(object.id, message.id = $util.newBuffer($util.base64.length(object.id)), 0);
                    else if (object.id.length >= 0)
                        message.id = object.id;
            if (object.name != null)
                if (typeof object.name !== "string" || object.name.length)
                    message.name = $String(object.name);
            if (object.addresses) {
                if (!$Array.isArray(object.addresses))
                    throw $TypeError(".bep.Device.addresses: array expected");
                message.addresses = $Array(object.addresses.length);
                for (let i = 0; i < object.addresses.length; ++i)
                    message.addresses[i] = $String(object.addresses[i]);
            }
            if (object.compression != null)
                if ($Number(object.compression) !== 0)
                    message.compression = object.compression | 0;
            if (object.certName != null)
                if (typeof object.certName !== "string" || object.certName.length)
                    message.certName = $String(object.certName);
            if (object.maxSequence != null)
                if (typeof object.maxSequence === "object" ? object.maxSequence.low || object.maxSequence.high : $Number(object.maxSequence) !== 0)
                    if ($util.Long)
                        message.maxSequence = $util.Long.fromValue(object.maxSequence, false);
                    else if (typeof object.maxSequence === "string")
                        message.maxSequence = $parseInt(object.maxSequence, 10);
                    else if (typeof object.maxSequence === "number")
                        message.maxSequence = object.maxSequence;
                    else if (typeof object.maxSequence === "object")
                        message.maxSequence = new $util.LongBits(object.maxSequence.low >>> 0, object.maxSequence.high >>> 0).toNumber();
            if (object.introducer != null)
                if (object.introducer)
                    message.introducer = $Boolean(object.introducer);
            if (object.indexId != null)
                if (typeof object.indexId === "object" ? object.indexId.low || object.indexId.high : $Number(object.indexId) !== 0)
                    if ($util.Long)
                        message.indexId = $util.Long.fromValue(object.indexId, true);
                    else if (typeof object.indexId === "string")
                        message.indexId = $parseInt(object.indexId, 10);
                    else if (typeof object.indexId === "number")
                        message.indexId = object.indexId;
                    else if (typeof object.indexId === "object")
                        message.indexId = new $util.LongBits(object.indexId.low >>> 0, object.indexId.high >>> 0).toNumber(true);
            if (object.skipIntroductionRemovals != null)
                if (object.skipIntroductionRemovals)
                    message.skipIntroductionRemovals = $Boolean(object.skipIntroductionRemovals);
            if (object.encryptionPasswordToken != null)
                if (object.encryptionPasswordToken.length)
                    if (typeof object.encryptionPasswordToken === "string")
                        $util.base64.decode(object.encryptionPasswordToken, message.encryptionPasswordToken = $util.newBuffer($util.base64.length(object.encryptionPasswordToken)), 0);
                    else if (object.encryptionPasswordToken.length >= 0)
                        message.encryptionPasswordToken = object.encryptionPasswordToken;
            return message;
        };

        /**
         * Creates a plain object from a Device message. Also converts values to other types if specified.
         * @function toObject
         * @memberof bep.Device
         * @static
         * @param {bep.Device} message Device
         * @param {$protobuf.IConversionOptions} [options] Conversion options
         * @returns {Object.<string,*>} Plain object
         */
        Device.toObject = function (message, options, _depth) {
            if (!options)
                options = {};
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let object = {};
            if (options.arrays || options.defaults)
                object.addresses = [];
            if (options.defaults) {
                if (options.bytes === $String)
                    object.id = "";
                else {
                    object.id = [];
                    if (options.bytes !== $Array)
                        object.id = $util.newBuffer(object.id);
                }
                object.name = "";
                object.compression = 0;
                object.certName = "";
                if ($util.Long) {
                    let long = new $util.Long(0, 0, false);
                    object.maxSequence = options.longs === $String ? long.toString() : options.longs === $Number ? long.toNumber() : typeof $BigInt !== "undefined" && options.longs === $BigInt ? long.toBigInt() : long;
                } else
                    object.maxSequence = options.longs === $String ? "0" : typeof $BigInt !== "undefined" && options.longs === $BigInt ? $BigInt("0") : 0;
                object.introducer = false;
                if ($util.Long) {
                    let long = new $util.Long(0, 0, true);
                    object.indexId = options.longs === $String ? long.toString() : options.longs === $Number ? long.toNumber() : typeof $BigInt !== "undefined" && options.longs === $BigInt ? long.toBigInt() : long;
                } else
                    object.indexId = options.longs === $String ? "0" : typeof $BigInt !== "undefined" && options.longs === $BigInt ? $BigInt("0") : 0;
                object.skipIntroductionRemovals = false;
                if (options.bytes === $String)
                    object.encryptionPasswordToken = "";
                else {
                    object.encryptionPasswordToken = [];
                    if (options.bytes !== $Array)
                        object.encryptionPasswordToken = $util.newBuffer(object.encryptionPasswordToken);
                }
            }
            if (message.id != null && $Object.hasOwnProperty.call(message, "id"))
                object.id = options.bytes === $String ? $util.base64.encode(message.id, 0, message.id.length) : options.bytes === $Array ? $Array.prototype.slice.call(message.id) : message.id;
            if (message.name != null && $Object.hasOwnProperty.call(message, "name"))
                object.name = message.name;
            if (message.addresses && message.addresses.length) {
                object.addresses = $Array(message.addresses.length);
                for (let j = 0; j < message.addresses.length; ++j)
                    object.addresses[j] = message.addresses[j];
            }
            if (message.compression != null && $Object.hasOwnProperty.call(message, "compression"))
                object.compression = message.compression;
            if (message.certName != null && $Object.hasOwnProperty.call(message, "certName"))
                object.certName = message.certName;
            if (message.maxSequence != null && $Object.hasOwnProperty.call(message, "maxSequence"))
                if (typeof $BigInt !== "undefined" && options.longs === $BigInt)
                    object.maxSequence = typeof message.maxSequence === "number" ? $BigInt(message.maxSequence) : $util.Long.fromBits(message.maxSequence.low >>> 0, message.maxSequence.high >>> 0, false).toBigInt();
                else if (typeof message.maxSequence === "number")
                    object.maxSequence = options.longs === $String ? $String(message.maxSequence) : message.maxSequence;
                else
                    object.maxSequence = options.longs === $String ? $util.Long.prototype.toString.call(message.maxSequence) : options.longs === $Number ? new $util.LongBits(message.maxSequence.low >>> 0, message.maxSequence.high >>> 0).toNumber() : message.maxSequence;
            if (message.introducer != null && $Object.hasOwnProperty.call(message, "introducer"))
                object.introducer = message.introducer;
            if (message.indexId != null && $Object.hasOwnProperty.call(message, "indexId"))
                if (typeof $BigInt !== "undefined" && options.longs === $BigInt)
                    object.indexId = typeof message.indexId === "number" ? $BigInt(message.indexId) : $util.Long.fromBits(message.indexId.low >>> 0, message.indexId.high >>> 0, true).toBigInt();
                else if (typeof message.indexId === "number")
                    object.indexId = options.longs === $String ? $String(message.indexId) : message.indexId;
                else
                    object.indexId = options.longs === $String ? $util.Long.prototype.toString.call(message.indexId) : options.longs === $Number ? new $util.LongBits(message.indexId.low >>> 0, message.indexId.high >>> 0).toNumber(true) : message.indexId;
            if (message.skipIntroductionRemovals != null && $Object.hasOwnProperty.call(message, "skipIntroductionRemovals"))
                object.skipIntroductionRemovals = message.skipIntroductionRemovals;
            if (message.encryptionPasswordToken != null && $Object.hasOwnProperty.call(message, "encryptionPasswordToken"))
                object.encryptionPasswordToken = options.bytes === $String ? $util.base64.encode(message.encryptionPasswordToken, 0, message.encryptionPasswordToken.length) : options.bytes === $Array ? $Array.prototype.slice.call(message.encryptionPasswordToken) : message.encryptionPasswordToken;
            return object;
        };

        /**
         * Converts this Device to JSON.
         * @function toJSON
         * @memberof bep.Device
         * @instance
         * @returns {Object.<string,*>} JSON object
         */
        Device.prototype.toJSON = function() {
            return Device.toObject(this, $protobuf.util.toJSONOptions);
        };

        /**
         * Gets the type url for Device
         * @function getTypeUrl
         * @memberof bep.Device
         * @static
         * @param {string} [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns {string} The type url
         */
        Device.getTypeUrl = function(prefix) {
            if (prefix === $undefined)
                prefix = "type.googleapis.com";
            return prefix + "/bep.Device";
        };

        return Device;
    })();

    bep.Index = (function() {

        /**
         * Properties of an Index.
         * @typedef {Object} bep.Index.$Properties
         * @property {string|null} [folder] Index folder
         * @property {Array.<bep.FileInfo.$Properties>|null} [files] Index files
         * @property {Long|null} [lastSequence] Index lastSequence
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of an Index.
         * @memberof bep
         * @interface IIndex
         * @augments bep.Index.$Properties
         * @deprecated Use bep.Index.$Properties instead.
         */

        /**
         * Shape of an Index.
         * @typedef {bep.Index.$Properties} bep.Index.$Shape
         */

        /**
         * Constructs a new Index.
         * @memberof bep
         * @classdesc Represents an Index.
         * @constructor
         * @param {bep.Index.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Index = function (properties) {
            this.files = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Index folder.
         * @member {string} folder
         * @memberof bep.Index
         * @instance
         */
        Index.prototype.folder = "";

        /**
         * Index files.
         * @member {Array.<bep.FileInfo.$Properties>} files
         * @memberof bep.Index
         * @instance
         */
        Index.prototype.files = $util.emptyArray;

        /**
         * Index lastSequence.
         * @member {Long} lastSequence
         * @memberof bep.Index
         * @instance
         */
        Index.prototype.lastSequence = $util.Long ? $util.Long.fromBits(0,0,false) : 0;

        /**
         * Creates a new Index instance using the specified properties.
         * @function create
         * @memberof bep.Index
         * @static
         * @param {bep.Index.$Properties=} [properties] Properties to set
         * @returns {bep.Index} Index instance
         * @type {{
         *   (properties: bep.Index.$Shape): bep.Index & bep.Index.$Shape;
         *   (properties?: bep.Index.$Properties): bep.Index;
         * }}
         */
        Index.create = function(properties) {
            return new Index(properties);
        };

        /**
         * Encodes the specified Index message. Does not implicitly {@link bep.Index.verify|verify} messages.
         * @function encode
         * @memberof bep.Index
         * @static
         * @param {bep.Index.$Properties} message Index message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Index.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.folder != null && $Object.hasOwnProperty.call(message, "folder") && message.folder !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.folder);
            if (message.files != null && message.files.length)
                for (let i = 0; i < message.files.length; ++i)
                    $root.bep.FileInfo.encode(message.files[i], writer.uint32(/* id 2, wireType 2 =*/18).fork(), _depth + 1).ldelim();
            if (message.lastSequence != null && $Object.hasOwnProperty.call(message, "lastSequence") && (typeof message.lastSequence === "object" ? message.lastSequence.low || message.lastSequence.high : message.lastSequence !== 0))
                writer.uint32(/* id 3, wireType 0 =*/24).int64(message.lastSequence);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Encodes the specified Index message, length delimited. Does not implicitly {@link bep.Index.verify|verify} messages.
         * @function encodeDelimited
         * @memberof bep.Index
         * @static
         * @param {bep.Index.$Properties} message Index message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Index.encodeDelimited = function(message, writer) {
            return this.encode(message, (writer || $Writer.create()).fork()).ldelim();
        };

        /**
         * Decodes an Index message from the specified reader or buffer.
         * @function decode
         * @memberof bep.Index
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {bep.Index & bep.Index.$Shape} Index
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Index.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.bep.Index();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.folder = value;
                        else
                            delete message.folder;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if (!(message.files && message.files.length))
                            message.files = [];
                        message.files.push($root.bep.FileInfo.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.int64()) === "object" ? value.low || value.high : value !== 0)
                            message.lastSequence = value;
                        else
                            delete message.lastSequence;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        /**
         * Decodes an Index message from the specified reader or buffer, length delimited.
         * @function decodeDelimited
         * @memberof bep.Index
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @returns {bep.Index & bep.Index.$Shape} Index
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Index.decodeDelimited = function(reader) {
            if (!(reader instanceof $Reader))
                reader = new $Reader(reader);
            return this.decode(reader, reader.size());
        };

        /**
         * Verifies an Index message.
         * @function verify
         * @memberof bep.Index
         * @static
         * @param {Object.<string,*>} message Plain object to verify
         * @returns {string|null} `null` if valid, otherwise the reason why it is not
         */
        Index.verify = function (message, _depth) {
            if (typeof message !== "object" || message === null)
                return "object expected";
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                return "max depth exceeded";
            if (message.folder != null && $Object.hasOwnProperty.call(message, "folder"))
                if (!$util.isString(message.folder))
                    return "folder: string expected";
            if (message.files != null && $Object.hasOwnProperty.call(message, "files")) {
                if (!$Array.isArray(message.files))
                    return "files: array expected";
                for (let i = 0; i < message.files.length; ++i) {
                    let error = $root.bep.FileInfo.verify(message.files[i], _depth + 1);
                    if (error)
                        return "files." + error;
                }
            }
            if (message.lastSequence != null && $Object.hasOwnProperty.call(message, "lastSequence"))
                if (!$util.isInteger(message.lastSequence) && !(message.lastSequence && $util.isInteger(message.lastSequence.low) && $util.isInteger(message.lastSequence.high)))
                    return "lastSequence: integer|Long expected";
            return null;
        };

        /**
         * Creates an Index message from a plain object. Also converts values to their respective internal types.
         * @function fromObject
         * @memberof bep.Index
         * @static
         * @param {Object.<string,*>} object Plain object
         * @returns {bep.Index} Index
         */
        Index.fromObject = function (object, _depth) {
            if (object instanceof $root.bep.Index)
                return object;
            if (!$util.isObject(object))
                throw $TypeError(".bep.Index: object expected");
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let message = new $root.bep.Index();
            if (object.folder != null)
                if (typeof object.folder !== "string" || object.folder.length)
                    message.folder = $String(object.folder);
            if (object.files) {
                if (!$Array.isArray(object.files))
                    throw $TypeError(".bep.Index.files: array expected");
                message.files = $Array(object.files.length);
                for (let i = 0; i < object.files.length; ++i) {
                    if (!$util.isObject(object.files[i]))
                        throw $TypeError(".bep.Index.files: object expected");
                    message.files[i] = $root.bep.FileInfo.fromObject(object.files[i], _depth + 1);
                }
            }
            if (object.lastSequence != null)
                if (typeof object.lastSequence === "object" ? object.lastSequence.low || object.lastSequence.high : $Number(object.lastSequence) !== 0)
                    if ($util.Long)
                        message.lastSequence = $util.Long.fromValue(object.lastSequence, false);
                    else if (typeof object.lastSequence === "string")
                        message.lastSequence = $parseInt(object.lastSequence, 10);
                    else if (typeof object.lastSequence === "number")
                        message.lastSequence = object.lastSequence;
                    else if (typeof object.lastSequence === "object")
                        message.lastSequence = new $util.LongBits(object.lastSequence.low >>> 0, object.lastSequence.high >>> 0).toNumber();
            return message;
        };

        /**
         * Creates a plain object from an Index message. Also converts values to other types if specified.
         * @function toObject
         * @memberof bep.Index
         * @static
         * @param {bep.Index} message Index
         * @param {$protobuf.IConversionOptions} [options] Conversion options
         * @returns {Object.<string,*>} Plain object
         */
        Index.toObject = function (message, options, _depth) {
            if (!options)
                options = {};
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let object = {};
            if (options.arrays || options.defaults)
                object.files = [];
            if (options.defaults) {
                object.folder = "";
                if ($util.Long) {
                    let long = new $util.Long(0, 0, false);
                    object.lastSequence = options.longs === $String ? long.toString() : options.longs === $Number ? long.toNumber() : typeof $BigInt !== "undefined" && options.longs === $BigInt ? long.toBigInt() : long;
                } else
                    object.lastSequence = options.longs === $String ? "0" : typeof $BigInt !== "undefined" && options.longs === $BigInt ? $BigInt("0") : 0;
            }
            if (message.folder != null && $Object.hasOwnProperty.call(message, "folder"))
                object.folder = message.folder;
            if (message.files && message.files.length) {
                object.files = $Array(message.files.length);
                for (let j = 0; j < message.files.length; ++j)
                    object.files[j] = $root.bep.FileInfo.toObject(message.files[j], options, _depth + 1);
            }
            if (message.lastSequence != null && $Object.hasOwnProperty.call(message, "lastSequence"))
                if (typeof $BigInt !== "undefined" && options.longs === $BigInt)
                    object.lastSequence = typeof message.lastSequence === "number" ? $BigInt(message.lastSequence) : $util.Long.fromBits(message.lastSequence.low >>> 0, message.lastSequence.high >>> 0, false).toBigInt();
                else if (typeof message.lastSequence === "number")
                    object.lastSequence = options.longs === $String ? $String(message.lastSequence) : message.lastSequence;
                else
                    object.lastSequence = options.longs === $String ? $util.Long.prototype.toString.call(message.lastSequence) : options.longs === $Number ? new $util.LongBits(message.lastSequence.low >>> 0, message.lastSequence.high >>> 0).toNumber() : message.lastSequence;
            return object;
        };

        /**
         * Converts this Index to JSON.
         * @function toJSON
         * @memberof bep.Index
         * @instance
         * @returns {Object.<string,*>} JSON object
         */
        Index.prototype.toJSON = function() {
            return Index.toObject(this, $protobuf.util.toJSONOptions);
        };

        /**
         * Gets the type url for Index
         * @function getTypeUrl
         * @memberof bep.Index
         * @static
         * @param {string} [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns {string} The type url
         */
        Index.getTypeUrl = function(prefix) {
            if (prefix === $undefined)
                prefix = "type.googleapis.com";
            return prefix + "/bep.Index";
        };

        return Index;
    })();

    bep.IndexUpdate = (function() {

        /**
         * Properties of an IndexUpdate.
         * @typedef {Object} bep.IndexUpdate.$Properties
         * @property {string|null} [folder] IndexUpdate folder
         * @property {Array.<bep.FileInfo.$Properties>|null} [files] IndexUpdate files
         * @property {Long|null} [lastSequence] IndexUpdate lastSequence
         * @property {Long|null} [prevSequence] IndexUpdate prevSequence
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of an IndexUpdate.
         * @memberof bep
         * @interface IIndexUpdate
         * @augments bep.IndexUpdate.$Properties
         * @deprecated Use bep.IndexUpdate.$Properties instead.
         */

        /**
         * Shape of an IndexUpdate.
         * @typedef {bep.IndexUpdate.$Properties} bep.IndexUpdate.$Shape
         */

        /**
         * Constructs a new IndexUpdate.
         * @memberof bep
         * @classdesc Represents an IndexUpdate.
         * @constructor
         * @param {bep.IndexUpdate.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const IndexUpdate = function (properties) {
            this.files = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * IndexUpdate folder.
         * @member {string} folder
         * @memberof bep.IndexUpdate
         * @instance
         */
        IndexUpdate.prototype.folder = "";

        /**
         * IndexUpdate files.
         * @member {Array.<bep.FileInfo.$Properties>} files
         * @memberof bep.IndexUpdate
         * @instance
         */
        IndexUpdate.prototype.files = $util.emptyArray;

        /**
         * IndexUpdate lastSequence.
         * @member {Long} lastSequence
         * @memberof bep.IndexUpdate
         * @instance
         */
        IndexUpdate.prototype.lastSequence = $util.Long ? $util.Long.fromBits(0,0,false) : 0;

        /**
         * IndexUpdate prevSequence.
         * @member {Long} prevSequence
         * @memberof bep.IndexUpdate
         * @instance
         */
        IndexUpdate.prototype.prevSequence = $util.Long ? $util.Long.fromBits(0,0,false) : 0;

        /**
         * Creates a new IndexUpdate instance using the specified properties.
         * @function create
         * @memberof bep.IndexUpdate
         * @static
         * @param {bep.IndexUpdate.$Properties=} [properties] Properties to set
         * @returns {bep.IndexUpdate} IndexUpdate instance
         * @type {{
         *   (properties: bep.IndexUpdate.$Shape): bep.IndexUpdate & bep.IndexUpdate.$Shape;
         *   (properties?: bep.IndexUpdate.$Properties): bep.IndexUpdate;
         * }}
         */
        IndexUpdate.create = function(properties) {
            return new IndexUpdate(properties);
        };

        /**
         * Encodes the specified IndexUpdate message. Does not implicitly {@link bep.IndexUpdate.verify|verify} messages.
         * @function encode
         * @memberof bep.IndexUpdate
         * @static
         * @param {bep.IndexUpdate.$Properties} message IndexUpdate message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        IndexUpdate.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.folder != null && $Object.hasOwnProperty.call(message, "folder") && message.folder !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.folder);
            if (message.files != null && message.files.length)
                for (let i = 0; i < message.files.length; ++i)
                    $root.bep.FileInfo.encode(message.files[i], writer.uint32(/* id 2, wireType 2 =*/18).fork(), _depth + 1).ldelim();
            if (message.lastSequence != null && $Object.hasOwnProperty.call(message, "lastSequence") && (typeof message.lastSequence === "object" ? message.lastSequence.low || message.lastSequence.high : message.lastSequence !== 0))
                writer.uint32(/* id 3, wireType 0 =*/24).int64(message.lastSequence);
            if (message.prevSequence != null && $Object.hasOwnProperty.call(message, "prevSequence") && (typeof message.prevSequence === "object" ? message.prevSequence.low || message.prevSequence.high : message.prevSequence !== 0))
                writer.uint32(/* id 4, wireType 0 =*/32).int64(message.prevSequence);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Encodes the specified IndexUpdate message, length delimited. Does not implicitly {@link bep.IndexUpdate.verify|verify} messages.
         * @function encodeDelimited
         * @memberof bep.IndexUpdate
         * @static
         * @param {bep.IndexUpdate.$Properties} message IndexUpdate message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        IndexUpdate.encodeDelimited = function(message, writer) {
            return this.encode(message, (writer || $Writer.create()).fork()).ldelim();
        };

        /**
         * Decodes an IndexUpdate message from the specified reader or buffer.
         * @function decode
         * @memberof bep.IndexUpdate
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {bep.IndexUpdate & bep.IndexUpdate.$Shape} IndexUpdate
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        IndexUpdate.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.bep.IndexUpdate();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.folder = value;
                        else
                            delete message.folder;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if (!(message.files && message.files.length))
                            message.files = [];
                        message.files.push($root.bep.FileInfo.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.int64()) === "object" ? value.low || value.high : value !== 0)
                            message.lastSequence = value;
                        else
                            delete message.lastSequence;
                        continue;
                    }
                case 4: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.int64()) === "object" ? value.low || value.high : value !== 0)
                            message.prevSequence = value;
                        else
                            delete message.prevSequence;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        /**
         * Decodes an IndexUpdate message from the specified reader or buffer, length delimited.
         * @function decodeDelimited
         * @memberof bep.IndexUpdate
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @returns {bep.IndexUpdate & bep.IndexUpdate.$Shape} IndexUpdate
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        IndexUpdate.decodeDelimited = function(reader) {
            if (!(reader instanceof $Reader))
                reader = new $Reader(reader);
            return this.decode(reader, reader.size());
        };

        /**
         * Verifies an IndexUpdate message.
         * @function verify
         * @memberof bep.IndexUpdate
         * @static
         * @param {Object.<string,*>} message Plain object to verify
         * @returns {string|null} `null` if valid, otherwise the reason why it is not
         */
        IndexUpdate.verify = function (message, _depth) {
            if (typeof message !== "object" || message === null)
                return "object expected";
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                return "max depth exceeded";
            if (message.folder != null && $Object.hasOwnProperty.call(message, "folder"))
                if (!$util.isString(message.folder))
                    return "folder: string expected";
            if (message.files != null && $Object.hasOwnProperty.call(message, "files")) {
                if (!$Array.isArray(message.files))
                    return "files: array expected";
                for (let i = 0; i < message.files.length; ++i) {
                    let error = $root.bep.FileInfo.verify(message.files[i], _depth + 1);
                    if (error)
                        return "files." + error;
                }
            }
            if (message.lastSequence != null && $Object.hasOwnProperty.call(message, "lastSequence"))
                if (!$util.isInteger(message.lastSequence) && !(message.lastSequence && $util.isInteger(message.lastSequence.low) && $util.isInteger(message.lastSequence.high)))
                    return "lastSequence: integer|Long expected";
            if (message.prevSequence != null && $Object.hasOwnProperty.call(message, "prevSequence"))
                if (!$util.isInteger(message.prevSequence) && !(message.prevSequence && $util.isInteger(message.prevSequence.low) && $util.isInteger(message.prevSequence.high)))
                    return "prevSequence: integer|Long expected";
            return null;
        };

        /**
         * Creates an IndexUpdate message from a plain object. Also converts values to their respective internal types.
         * @function fromObject
         * @memberof bep.IndexUpdate
         * @static
         * @param {Object.<string,*>} object Plain object
         * @returns {bep.IndexUpdate} IndexUpdate
         */
        IndexUpdate.fromObject = function (object, _depth) {
            if (object instanceof $root.bep.IndexUpdate)
                return object;
            if (!$util.isObject(object))
                throw $TypeError(".bep.IndexUpdate: object expected");
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let message = new $root.bep.IndexUpdate();
            if (object.folder != null)
                if (typeof object.folder !== "string" || object.folder.length)
                    message.folder = $String(object.folder);
            if (object.files) {
                if (!$Array.isArray(object.files))
                    throw $TypeError(".bep.IndexUpdate.files: array expected");
                message.files = $Array(object.files.length);
                for (let i = 0; i < object.files.length; ++i) {
                    if (!$util.isObject(object.files[i]))
                        throw $TypeError(".bep.IndexUpdate.files: object expected");
                    message.files[i] = $root.bep.FileInfo.fromObject(object.files[i], _depth + 1);
                }
            }
            if (object.lastSequence != null)
                if (typeof object.lastSequence === "object" ? object.lastSequence.low || object.lastSequence.high : $Number(object.lastSequence) !== 0)
                    if ($util.Long)
                        message.lastSequence = $util.Long.fromValue(object.lastSequence, false);
                    else if (typeof object.lastSequence === "string")
                        message.lastSequence = $parseInt(object.lastSequence, 10);
                    else if (typeof object.lastSequence === "number")
                        message.lastSequence = object.lastSequence;
                    else if (typeof object.lastSequence === "object")
                        message.lastSequence = new $util.LongBits(object.lastSequence.low >>> 0, object.lastSequence.high >>> 0).toNumber();
            if (object.prevSequence != null)
                if (typeof object.prevSequence === "object" ? object.prevSequence.low || object.prevSequence.high : $Number(object.prevSequence) !== 0)
                    if ($util.Long)
                        message.prevSequence = $util.Long.fromValue(object.prevSequence, false);
                    else if (typeof object.prevSequence === "string")
                        message.prevSequence = $parseInt(object.prevSequence, 10);
                    else if (typeof object.prevSequence === "number")
                        message.prevSequence = object.prevSequence;
                    else if (typeof object.prevSequence === "object")
                        message.prevSequence = new $util.LongBits(object.prevSequence.low >>> 0, object.prevSequence.high >>> 0).toNumber();
            return message;
        };

        /**
         * Creates a plain object from an IndexUpdate message. Also converts values to other types if specified.
         * @function toObject
         * @memberof bep.IndexUpdate
         * @static
         * @param {bep.IndexUpdate} message IndexUpdate
         * @param {$protobuf.IConversionOptions} [options] Conversion options
         * @returns {Object.<string,*>} Plain object
         */
        IndexUpdate.toObject = function (message, options, _depth) {
            if (!options)
                options = {};
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let object = {};
            if (options.arrays || options.defaults)
                object.files = [];
            if (options.defaults) {
                object.folder = "";
                if ($util.Long) {
                    let long = new $util.Long(0, 0, false);
                    object.lastSequence = options.longs === $String ? long.toString() : options.longs === $Number ? long.toNumber() : typeof $BigInt !== "undefined" && options.longs === $BigInt ? long.toBigInt() : long;
                } else
                    object.lastSequence = options.longs === $String ? "0" : typeof $BigInt !== "undefined" && options.longs === $BigInt ? $BigInt("0") : 0;
                if ($util.Long) {
                    let long = new $util.Long(0, 0, false);
                    object.prevSequence = options.longs === $String ? long.toString() : options.longs === $Number ? long.toNumber() : typeof $BigInt !== "undefined" && options.longs === $BigInt ? long.toBigInt() : long;
                } else
                    object.prevSequence = options.longs === $String ? "0" : typeof $BigInt !== "undefined" && options.longs === $BigInt ? $BigInt("0") : 0;
            }
            if (message.folder != null && $Object.hasOwnProperty.call(message, "folder"))
                object.folder = message.folder;
            if (message.files && message.files.length) {
                object.files = $Array(message.files.length);
                for (let j = 0; j < message.files.length; ++j)
                    object.files[j] = $root.bep.FileInfo.toObject(message.files[j], options, _depth + 1);
            }
            if (message.lastSequence != null && $Object.hasOwnProperty.call(message, "lastSequence"))
                if (typeof $BigInt !== "undefined" && options.longs === $BigInt)
                    object.lastSequence = typeof message.lastSequence === "number" ? $BigInt(message.lastSequence) : $util.Long.fromBits(message.lastSequence.low >>> 0, message.lastSequence.high >>> 0, false).toBigInt();
                else if (typeof message.lastSequence === "number")
                    object.lastSequence = options.longs === $String ? $String(message.lastSequence) : message.lastSequence;
                else
                    object.lastSequence = options.longs === $String ? $util.Long.prototype.toString.call(message.lastSequence) : options.longs === $Number ? new $util.LongBits(message.lastSequence.low >>> 0, message.lastSequence.high >>> 0).toNumber() : message.lastSequence;
            if (message.prevSequence != null && $Object.hasOwnProperty.call(message, "prevSequence"))
                if (typeof $BigInt !== "undefined" && options.longs === $BigInt)
                    object.prevSequence = typeof message.prevSequence === "number" ? $BigInt(message.prevSequence) : $util.Long.fromBits(message.prevSequence.low >>> 0, message.prevSequence.high >>> 0, false).toBigInt();
                else if (typeof message.prevSequence === "number")
                    object.prevSequence = options.longs === $String ? $String(message.prevSequence) : message.prevSequence;
                else
                    object.prevSequence = options.longs === $String ? $util.Long.prototype.toString.call(message.prevSequence) : options.longs === $Number ? new $util.LongBits(message.prevSequence.low >>> 0, message.prevSequence.high >>> 0).toNumber() : message.prevSequence;
            return object;
        };

        /**
         * Converts this IndexUpdate to JSON.
         * @function toJSON
         * @memberof bep.IndexUpdate
         * @instance
         * @returns {Object.<string,*>} JSON object
         */
        IndexUpdate.prototype.toJSON = function() {
            return IndexUpdate.toObject(this, $protobuf.util.toJSONOptions);
        };

        /**
         * Gets the type url for IndexUpdate
         * @function getTypeUrl
         * @memberof bep.IndexUpdate
         * @static
         * @param {string} [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns {string} The type url
         */
        IndexUpdate.getTypeUrl = function(prefix) {
            if (prefix === $undefined)
                prefix = "type.googleapis.com";
            return prefix + "/bep.IndexUpdate";
        };

        return IndexUpdate;
    })();

    bep.FileInfo = (function() {

        /**
         * Properties of a FileInfo.
         * @typedef {Object} bep.FileInfo.$Properties
         * @property {string|null} [name] FileInfo name
         * @property {bep.FileInfoType|null} [type] FileInfo type
         * @property {Long|null} [size] FileInfo size
         * @property {number|null} [permissions] FileInfo permissions
         * @property {Long|null} [modifiedS] FileInfo modifiedS
         * @property {boolean|null} [deleted] FileInfo deleted
         * @property {boolean|null} [invalid] FileInfo invalid
         * @property {boolean|null} [noPermissions] FileInfo noPermissions
         * @property {bep.Vector.$Properties|null} [version] FileInfo version
         * @property {Long|null} [sequence] FileInfo sequence
         * @property {number|null} [modifiedNs] FileInfo modifiedNs
         * @property {Long|null} [modifiedBy] FileInfo modifiedBy
         * @property {number|null} [blockSize] FileInfo blockSize
         * @property {bep.PlatformData.$Properties|null} [platform] FileInfo platform
         * @property {Array.<bep.BlockInfo.$Properties>|null} [blocks] FileInfo blocks
         * @property {Uint8Array|null} [symlinkTarget] FileInfo symlinkTarget
         * @property {Uint8Array|null} [blocksHash] FileInfo blocksHash
         * @property {Uint8Array|null} [encrypted] FileInfo encrypted
         * @property {Uint8Array|null} [previousBlocksHash] FileInfo previousBlocksHash
         * @property {number|null} [localFlags] FileInfo localFlags
         * @property {Uint8Array|null} [versionHash] FileInfo versionHash
         * @property {Long|null} [inodeChangeNs] FileInfo inodeChangeNs
         * @property {number|null} [encryptionTrailerSize] FileInfo encryptionTrailerSize
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a FileInfo.
         * @memberof bep
         * @interface IFileInfo
         * @augments bep.FileInfo.$Properties
         * @deprecated Use bep.FileInfo.$Properties instead.
         */

        /**
         * Shape of a FileInfo.
         * @typedef {bep.FileInfo.$Properties} bep.FileInfo.$Shape
         */

        /**
         * Constructs a new FileInfo.
         * @memberof bep
         * @classdesc Represents a FileInfo.
         * @constructor
         * @param {bep.FileInfo.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const FileInfo = function (properties) {
            this.blocks = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * FileInfo name.
         * @member {string} name
         * @memberof bep.FileInfo
         * @instance
         */
        FileInfo.prototype.name = "";

        /**
         * FileInfo type.
         * @member {bep.FileInfoType} type
         * @memberof bep.FileInfo
         * @instance
         */
        FileInfo.prototype.type = 0;

        /**
         * FileInfo size.
         * @member {Long} size
         * @memberof bep.FileInfo
         * @instance
         */
        FileInfo.prototype.size = $util.Long ? $util.Long.fromBits(0,0,false) : 0;

        /**
         * FileInfo permissions.
         * @member {number} permissions
         * @memberof bep.FileInfo
         * @instance
         */
        FileInfo.prototype.permissions = 0;

        /**
         * FileInfo modifiedS.
         * @member {Long} modifiedS
         * @memberof bep.FileInfo
         * @instance
         */
        FileInfo.prototype.modifiedS = $util.Long ? $util.Long.fromBits(0,0,false) : 0;

        /**
         * FileInfo deleted.
         * @member {boolean} deleted
         * @memberof bep.FileInfo
         * @instance
         */
        FileInfo.prototype.deleted = false;

        /**
         * FileInfo invalid.
         * @member {boolean} invalid
         * @memberof bep.FileInfo
         * @instance
         */
        FileInfo.prototype.invalid = false;

        /**
         * FileInfo noPermissions.
         * @member {boolean} noPermissions
         * @memberof bep.FileInfo
         * @instance
         */
        FileInfo.prototype.noPermissions = false;

        /**
         * FileInfo version.
         * @member {bep.Vector.$Properties|null|undefined} version
         * @memberof bep.FileInfo
         * @instance
         */
        FileInfo.prototype.version = null;

        /**
         * FileInfo sequence.
         * @member {Long} sequence
         * @memberof bep.FileInfo
         * @instance
         */
        FileInfo.prototype.sequence = $util.Long ? $util.Long.fromBits(0,0,false) : 0;

        /**
         * FileInfo modifiedNs.
         * @member {number} modifiedNs
         * @memberof bep.FileInfo
         * @instance
         */
        FileInfo.prototype.modifiedNs = 0;

        /**
         * FileInfo modifiedBy.
         * @member {Long} modifiedBy
         * @memberof bep.FileInfo
         * @instance
         */
        FileInfo.prototype.modifiedBy = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * FileInfo blockSize.
         * @member {number} blockSize
         * @memberof bep.FileInfo
         * @instance
         */
        FileInfo.prototype.blockSize = 0;

        /**
         * FileInfo platform.
         * @member {bep.PlatformData.$Properties|null|undefined} platform
         * @memberof bep.FileInfo
         * @instance
         */
        FileInfo.prototype.platform = null;

        /**
         * FileInfo blocks.
         * @member {Array.<bep.BlockInfo.$Properties>} blocks
         * @memberof bep.FileInfo
         * @instance
         */
        FileInfo.prototype.blocks = $util.emptyArray;

        /**
         * FileInfo symlinkTarget.
         * @member {Uint8Array} symlinkTarget
         * @memberof bep.FileInfo
         * @instance
         */
        FileInfo.prototype.symlinkTarget = $util.newBuffer([]);

        /**
         * FileInfo blocksHash.
         * @member {Uint8Array} blocksHash
         * @memberof bep.FileInfo
         * @instance
         */
        FileInfo.prototype.blocksHash = $util.newBuffer([]);

        /**
         * FileInfo encrypted.
         * @member {Uint8Array} encrypted
         * @memberof bep.FileInfo
         * @instance
         */
        FileInfo.prototype.encrypted = $util.newBuffer([]);

        /**
         * FileInfo previousBlocksHash.
         * @member {Uint8Array} previousBlocksHash
         * @memberof bep.FileInfo
         * @instance
         */
        FileInfo.prototype.previousBlocksHash = $util.newBuffer([]);

        /**
         * FileInfo localFlags.
         * @member {number} localFlags
         * @memberof bep.FileInfo
         * @instance
         */
        FileInfo.prototype.localFlags = 0;

        /**
         * FileInfo versionHash.
         * @member {Uint8Array} versionHash
         * @memberof bep.FileInfo
         * @instance
         */
        FileInfo.prototype.versionHash = $util.newBuffer([]);

        /**
         * FileInfo inodeChangeNs.
         * @member {Long} inodeChangeNs
         * @memberof bep.FileInfo
         * @instance
         */
        FileInfo.prototype.inodeChangeNs = $util.Long ? $util.Long.fromBits(0,0,false) : 0;

        /**
         * FileInfo encryptionTrailerSize.
         * @member {number} encryptionTrailerSize
         * @memberof bep.FileInfo
         * @instance
         */
        FileInfo.prototype.encryptionTrailerSize = 0;

        /**
         * Creates a new FileInfo instance using the specified properties.
         * @function create
         * @memberof bep.FileInfo
         * @static
         * @param {bep.FileInfo.$Properties=} [properties] Properties to set
         * @returns {bep.FileInfo} FileInfo instance
         * @type {{
         *   (properties: bep.FileInfo.$Shape): bep.FileInfo & bep.FileInfo.$Shape;
         *   (properties?: bep.FileInfo.$Properties): bep.FileInfo;
         * }}
         */
        FileInfo.create = function(properties) {
            return new FileInfo(properties);
        };

        /**
         * Encodes the specified FileInfo message. Does not implicitly {@link bep.FileInfo.verify|verify} messages.
         * @function encode
         * @memberof bep.FileInfo
         * @static
         * @param {bep.FileInfo.$Properties} message FileInfo message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        FileInfo.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.name != null && $Object.hasOwnProperty.call(message, "name") && message.name !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.name);
            if (message.type != null && $Object.hasOwnProperty.call(message, "type") && message.type !== 0)
                writer.uint32(/* id 2, wireType 0 =*/16).int32(message.type);
            if (message.size != null && $Object.hasOwnProperty.call(message, "size") && (typeof message.size === "object" ? message.size.low || message.size.high : message.size !== 0))
                writer.uint32(/* id 3, wireType 0 =*/24).int64(message.size);
            if (message.permissions != null && $Object.hasOwnProperty.call(message, "permissions") && message.permissions !== 0)
                writer.uint32(/* id 4, wireType 0 =*/32).uint32(message.permissions);
            if (message.modifiedS != null && $Object.hasOwnProperty.call(message, "modifiedS") && (typeof message.modifiedS === "object" ? message.modifiedS.low || message.modifiedS.high : message.modifiedS !== 0))
                writer.uint32(/* id 5, wireType 0 =*/40).int64(message.modifiedS);
            if (message.deleted != null && $Object.hasOwnProperty.call(message, "deleted") && message.deleted !== false)
                writer.uint32(/* id 6, wireType 0 =*/48).bool(message.deleted);
            if (message.invalid != null && $Object.hasOwnProperty.call(message, "invalid") && message.invalid !== false)
                writer.uint32(/* id 7, wireType 0 =*/56).bool(message.invalid);
            if (message.noPermissions != null && $Object.hasOwnProperty.call(message, "noPermissions") && message.noPermissions !== false)
                writer.uint32(/* id 8, wireType 0 =*/64).bool(message.noPermissions);
            if (message.version != null && $Object.hasOwnProperty.call(message, "version"))
                $root.bep.Vector.encode(message.version, writer.uint32(/* id 9, wireType 2 =*/74).fork(), _depth + 1).ldelim();
            if (message.sequence != null && $Object.hasOwnProperty.call(message, "sequence") && (typeof message.sequence === "object" ? message.sequence.low || message.sequence.high : message.sequence !== 0))
                writer.uint32(/* id 10, wireType 0 =*/80).int64(message.sequence);
            if (message.modifiedNs != null && $Object.hasOwnProperty.call(message, "modifiedNs") && message.modifiedNs !== 0)
                writer.uint32(/* id 11, wireType 0 =*/88).int32(message.modifiedNs);
            if (message.modifiedBy != null && $Object.hasOwnProperty.call(message, "modifiedBy") && (typeof message.modifiedBy === "object" ? message.modifiedBy.low || message.modifiedBy.high : message.modifiedBy !== 0))
                writer.uint32(/* id 12, wireType 0 =*/96).uint64(message.modifiedBy);
            if (message.blockSize != null && $Object.hasOwnProperty.call(message, "blockSize") && message.blockSize !== 0)
                writer.uint32(/* id 13, wireType 0 =*/104).int32(message.blockSize);
            if (message.platform != null && $Object.hasOwnProperty.call(message, "platform"))
                $root.bep.PlatformData.encode(message.platform, writer.uint32(/* id 14, wireType 2 =*/114).fork(), _depth + 1).ldelim();
            if (message.blocks != null && message.blocks.length)
                for (let i = 0; i < message.blocks.length; ++i)
                    $root.bep.BlockInfo.encode(message.blocks[i], writer.uint32(/* id 16, wireType 2 =*/130).fork(), _depth + 1).ldelim();
            if (message.symlinkTarget != null && $Object.hasOwnProperty.call(message, "symlinkTarget") && message.symlinkTarget.length)
                writer.uint32(/* id 17, wireType 2 =*/138).bytes(message.symlinkTarget);
            if (message.blocksHash != null && $Object.hasOwnProperty.call(message, "blocksHash") && message.blocksHash.length)
                writer.uint32(/* id 18, wireType 2 =*/146).bytes(message.blocksHash);
            if (message.encrypted != null && $Object.hasOwnProperty.call(message, "encrypted") && message.encrypted.length)
                writer.uint32(/* id 19, wireType 2 =*/154).bytes(message.encrypted);
            if (message.previousBlocksHash != null && $Object.hasOwnProperty.call(message, "previousBlocksHash") && message.previousBlocksHash.length)
                writer.uint32(/* id 20, wireType 2 =*/162).bytes(message.previousBlocksHash);
            if (message.localFlags != null && $Object.hasOwnProperty.call(message, "localFlags") && message.localFlags !== 0)
                writer.uint32(/* id 1000, wireType 0 =*/8000).uint32(message.localFlags);
            if (message.versionHash != null && $Object.hasOwnProperty.call(message, "versionHash") && message.versionHash.length)
                writer.uint32(/* id 1001, wireType 2 =*/8010).bytes(message.versionHash);
            if (message.inodeChangeNs != null && $Object.hasOwnProperty.call(message, "inodeChangeNs") && (typeof message.inodeChangeNs === "object" ? message.inodeChangeNs.low || message.inodeChangeNs.high : message.inodeChangeNs !== 0))
                writer.uint32(/* id 1002, wireType 0 =*/8016).int64(message.inodeChangeNs);
            if (message.encryptionTrailerSize != null && $Object.hasOwnProperty.call(message, "encryptionTrailerSize") && message.encryptionTrailerSize !== 0)
                writer.uint32(/* id 1003, wireType 0 =*/8024).int32(message.encryptionTrailerSize);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Encodes the specified FileInfo message, length delimited. Does not implicitly {@link bep.FileInfo.verify|verify} messages.
         * @function encodeDelimited
         * @memberof bep.FileInfo
         * @static
         * @param {bep.FileInfo.$Properties} message FileInfo message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        FileInfo.encodeDelimited = function(message, writer) {
            return this.encode(message, (writer || $Writer.create()).fork()).ldelim();
        };

        /**
         * Decodes a FileInfo message from the specified reader or buffer.
         * @function decode
         * @memberof bep.FileInfo
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {bep.FileInfo & bep.FileInfo.$Shape} FileInfo
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        FileInfo.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.bep.FileInfo();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.name = value;
                        else
                            delete message.name;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.int32())
                            message.type = value;
                        else
                            delete message.type;
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.int64()) === "object" ? value.low || value.high : value !== 0)
                            message.size = value;
                        else
                            delete message.size;
                        continue;
                    }
                case 4: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.permissions = value;
                        else
                            delete message.permissions;
                        continue;
                    }
                case 5: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.int64()) === "object" ? value.low || value.high : value !== 0)
                            message.modifiedS = value;
                        else
                            delete message.modifiedS;
                        continue;
                    }
                case 6: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.bool())
                            message.deleted = value;
                        else
                            delete message.deleted;
                        continue;
                    }
                case 7: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.bool())
                            message.invalid = value;
                        else
                            delete message.invalid;
                        continue;
                    }
                case 8: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.bool())
                            message.noPermissions = value;
                        else
                            delete message.noPermissions;
                        continue;
                    }
                case 9: {
                        if (wireType !== 2)
                            break;
                        message.version = $root.bep.Vector.decode(reader, reader.size(), $undefined, _depth + 1, message.version);
                        continue;
                    }
                case 10: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.int64()) === "object" ? value.low || value.high : value !== 0)
                            message.sequence = value;
                        else
                            delete message.sequence;
                        continue;
                    }
                case 11: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.int32())
                            message.modifiedNs = value;
                        else
                            delete message.modifiedNs;
                        continue;
                    }
                case 12: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.modifiedBy = value;
                        else
                            delete message.modifiedBy;
                        continue;
                    }
                case 13: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.int32())
                            message.blockSize = value;
                        else
                            delete message.blockSize;
                        continue;
                    }
                case 14: {
                        if (wireType !== 2)
                            break;
                        message.platform = $root.bep.PlatformData.decode(reader, reader.size(), $undefined, _depth + 1, message.platform);
                        continue;
                    }
                case 16: {
                        if (wireType !== 2)
                            break;
                        if (!(message.blocks && message.blocks.length))
                            message.blocks = [];
                        message.blocks.push($root.bep.BlockInfo.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 17: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.symlinkTarget = value;
                        else
                            delete message.symlinkTarget;
                        continue;
                    }
                case 18: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.blocksHash = value;
                        else
                            delete message.blocksHash;
                        continue;
                    }
                case 19: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.encrypted = value;
                        else
                            delete message.encrypted;
                        continue;
                    }
                case 20: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.previousBlocksHash = value;
                        else
                            delete message.previousBlocksHash;
                        continue;
                    }
                case 1000: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.localFlags = value;
                        else
                            delete message.localFlags;
                        continue;
                    }
                case 1001: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.versionHash = value;
                        else
                            delete message.versionHash;
                        continue;
                    }
                case 1002: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.int64()) === "object" ? value.low || value.high : value !== 0)
                            message.inodeChangeNs = value;
                        else
                            delete message.inodeChangeNs;
                        continue;
                    }
                case 1003: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.int32())
                            message.encryptionTrailerSize = value;
                        else
                            delete message.encryptionTrailerSize;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        /**
         * Decodes a FileInfo message from the specified reader or buffer, length delimited.
         * @function decodeDelimited
         * @memberof bep.FileInfo
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @returns {bep.FileInfo & bep.FileInfo.$Shape} FileInfo
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        FileInfo.decodeDelimited = function(reader) {
            if (!(reader instanceof $Reader))
                reader = new $Reader(reader);
            return this.decode(reader, reader.size());
        };

        /**
         * Verifies a FileInfo message.
         * @function verify
         * @memberof bep.FileInfo
         * @static
         * @param {Object.<string,*>} message Plain object to verify
         * @returns {string|null} `null` if valid, otherwise the reason why it is not
         */
        FileInfo.verify = function (message, _depth) {
            if (typeof message !== "object" || message === null)
                return "object expected";
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                return "max depth exceeded";
            if (message.name != null && $Object.hasOwnProperty.call(message, "name"))
                if (!$util.isString(message.name))
                    return "name: string expected";
            if (message.type != null && $Object.hasOwnProperty.call(message, "type"))
                if (typeof message.type !== "number" || (message.type | 0) !== message.type)
                    return "type: enum value expected";
            if (message.size != null && $Object.hasOwnProperty.call(message, "size"))
                if (!$util.isInteger(message.size) && !(message.size && $util.isInteger(message.size.low) && $util.isInteger(message.size.high)))
                    return "size: integer|Long expected";
            if (message.permissions != null && $Object.hasOwnProperty.call(message, "permissions"))
                if (!$util.isInteger(message.permissions))
                    return "permissions: integer expected";
            if (message.modifiedS != null && $Object.hasOwnProperty.call(message, "modifiedS"))
                if (!$util.isInteger(message.modifiedS) && !(message.modifiedS && $util.isInteger(message.modifiedS.low) && $util.isInteger(message.modifiedS.high)))
                    return "modifiedS: integer|Long expected";
            if (message.deleted != null && $Object.hasOwnProperty.call(message, "deleted"))
                if (typeof message.deleted !== "boolean")
                    return "deleted: boolean expected";
            if (message.invalid != null && $Object.hasOwnProperty.call(message, "invalid"))
                if (typeof message.invalid !== "boolean")
                    return "invalid: boolean expected";
            if (message.noPermissions != null && $Object.hasOwnProperty.call(message, "noPermissions"))
                if (typeof message.noPermissions !== "boolean")
                    return "noPermissions: boolean expected";
            if (message.version != null && $Object.hasOwnProperty.call(message, "version")) {
                let error = $root.bep.Vector.verify(message.version, _depth + 1);
                if (error)
                    return "version." + error;
            }
            if (message.sequence != null && $Object.hasOwnProperty.call(message, "sequence"))
                if (!$util.isInteger(message.sequence) && !(message.sequence && $util.isInteger(message.sequence.low) && $util.isInteger(message.sequence.high)))
                    return "sequence: integer|Long expected";
            if (message.modifiedNs != null && $Object.hasOwnProperty.call(message, "modifiedNs"))
                if (!$util.isInteger(message.modifiedNs))
                    return "modifiedNs: integer expected";
            if (message.modifiedBy != null && $Object.hasOwnProperty.call(message, "modifiedBy"))
                if (!$util.isInteger(message.modifiedBy) && !(message.modifiedBy && $util.isInteger(message.modifiedBy.low) && $util.isInteger(message.modifiedBy.high)))
                    return "modifiedBy: integer|Long expected";
            if (message.blockSize != null && $Object.hasOwnProperty.call(message, "blockSize"))
                if (!$util.isInteger(message.blockSize))
                    return "blockSize: integer expected";
            if (message.platform != null && $Object.hasOwnProperty.call(message, "platform")) {
                let error = $root.bep.PlatformData.verify(message.platform, _depth + 1);
                if (error)
                    return "platform." + error;
            }
            if (message.blocks != null && $Object.hasOwnProperty.call(message, "blocks")) {
                if (!$Array.isArray(message.blocks))
                    return "blocks: array expected";
                for (let i = 0; i < message.blocks.length; ++i) {
                    let error = $root.bep.BlockInfo.verify(message.blocks[i], _depth + 1);
                    if (error)
                        return "blocks." + error;
                }
            }
            if (message.symlinkTarget != null && $Object.hasOwnProperty.call(message, "symlinkTarget"))
                if (!(message.symlinkTarget && typeof message.symlinkTarget.length === "number" || $util.isString(message.symlinkTarget)))
                    return "symlinkTarget: buffer expected";
            if (message.blocksHash != null && $Object.hasOwnProperty.call(message, "blocksHash"))
                if (!(message.blocksHash && typeof message.blocksHash.length === "number" || $util.isString(message.blocksHash)))
                    return "blocksHash: buffer expected";
            if (message.encrypted != null && $Object.hasOwnProperty.call(message, "encrypted"))
                if (!(message.encrypted && typeof message.encrypted.length === "number" || $util.isString(message.encrypted)))
                    return "encrypted: buffer expected";
            if (message.previousBlocksHash != null && $Object.hasOwnProperty.call(message, "previousBlocksHash"))
                if (!(message.previousBlocksHash && typeof message.previousBlocksHash.length === "number" || $util.isString(message.previousBlocksHash)))
                    return "previousBlocksHash: buffer expected";
            if (message.localFlags != null && $Object.hasOwnProperty.call(message, "localFlags"))
                if (!$util.isInteger(message.localFlags))
                    return "localFlags: integer expected";
            if (message.versionHash != null && $Object.hasOwnProperty.call(message, "versionHash"))
                if (!(message.versionHash && typeof message.versionHash.length === "number" || $util.isString(message.versionHash)))
                    return "versionHash: buffer expected";
            if (message.inodeChangeNs != null && $Object.hasOwnProperty.call(message, "inodeChangeNs"))
                if (!$util.isInteger(message.inodeChangeNs) && !(message.inodeChangeNs && $util.isInteger(message.inodeChangeNs.low) && $util.isInteger(message.inodeChangeNs.high)))
                    return "inodeChangeNs: integer|Long expected";
            if (message.encryptionTrailerSize != null && $Object.hasOwnProperty.call(message, "encryptionTrailerSize"))
                if (!$util.isInteger(message.encryptionTrailerSize))
                    return "encryptionTrailerSize: integer expected";
            return null;
        };

        /**
         * Creates a FileInfo message from a plain object. Also converts values to their respective internal types.
         * @function fromObject
         * @memberof bep.FileInfo
         * @static
         * @param {Object.<string,*>} object Plain object
         * @returns {bep.FileInfo} FileInfo
         */
        FileInfo.fromObject = function (object, _depth) {
            if (object instanceof $root.bep.FileInfo)
                return object;
            if (!$util.isObject(object))
                throw $TypeError(".bep.FileInfo: object expected");
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let message = new $root.bep.FileInfo();
            if (object.name != null)
                if (typeof object.name !== "string" || object.name.length)
                    message.name = $String(object.name);
            if (object.type !== 0 && (typeof object.type !== "string" || $root.bep.FileInfoType[object.type] !== 0))
                switch (object.type) {
                case "FILE_INFO_TYPE_FILE":
                case 0:
                    message.type = 0;
                    break;
                case "FILE_INFO_TYPE_DIRECTORY":
                case 1:
                    message.type = 1;
                    break;
                case "FILE_INFO_TYPE_SYMLINK_FILE":
                case 2:
                    message.type = 2;
                    break;
                case "FILE_INFO_TYPE_SYMLINK_DIRECTORY":
                case 3:
                    message.type = 3;
                    break;
                case "FILE_INFO_TYPE_SYMLINK":
                case 4:
                    message.type = 4;
                    break;
                default:
                    if (typeof object.type === "number" && (object.type | 0) === object.type)
                        message.type = object.type;
                }
            if (object.size != null)
                if (typeof object.size === "object" ? object.size.low || object.size.high : $Number(object.size) !== 0)
                    if ($util.Long)
                        message.size = $util.Long.fromValue(object.size, false);
                    else if (typeof object.size === "string")
                        message.size = $parseInt(object.size, 10);
                    else if (typeof object.size === "number")
                        message.size = object.size;
                    else if (typeof object.size === "object")
                        message.size = new $util.LongBits(object.size.low >>> 0, object.size.high >>> 0).toNumber();
            if (object.permissions != null)
                if ($Number(object.permissions) !== 0)
                    message.permissions = object.permissions >>> 0;
            if (object.modifiedS != null)
                if (typeof object.modifiedS === "object" ? object.modifiedS.low || object.modifiedS.high : $Number(object.modifiedS) !== 0)
                    if ($util.Long)
                        message.modifiedS = $util.Long.fromValue(object.modifiedS, false);
                    else if (typeof object.modifiedS === "string")
                        message.modifiedS = $parseInt(object.modifiedS, 10);
                    else if (typeof object.modifiedS === "number")
                        message.modifiedS = object.modifiedS;
                    else if (typeof object.modifiedS === "object")
                        message.modifiedS = new $util.LongBits(object.modifiedS.low >>> 0, object.modifiedS.high >>> 0).toNumber();
            if (object.deleted != null)
                if (object.deleted)
                    message.deleted = $Boolean(object.deleted);
            if (object.invalid != null)
                if (object.invalid)
                    message.invalid = $Boolean(object.invalid);
            if (object.noPermissions != null)
                if (object.noPermissions)
                    message.noPermissions = $Boolean(object.noPermissions);
            if (object.version != null) {
                if (!$util.isObject(object.version))
                    throw $TypeError(".bep.FileInfo.version: object expected");
                message.version = $root.bep.Vector.fromObject(object.version, _depth + 1);
            }
            if (object.sequence != null)
                if (typeof object.sequence === "object" ? object.sequence.low || object.sequence.high : $Number(object.sequence) !== 0)
                    if ($util.Long)
                        message.sequence = $util.Long.fromValue(object.sequence, false);
                    else if (typeof object.sequence === "string")
                        message.sequence = $parseInt(object.sequence, 10);
                    else if (typeof object.sequence === "number")
                        message.sequence = object.sequence;
                    else if (typeof object.sequence === "object")
                        message.sequence = new $util.LongBits(object.sequence.low >>> 0, object.sequence.high >>> 0).toNumber();
            if (object.modifiedNs != null)
                if ($Number(object.modifiedNs) !== 0)
                    message.modifiedNs = object.modifiedNs | 0;
            if (object.modifiedBy != null)
                if (typeof object.modifiedBy === "object" ? object.modifiedBy.low || object.modifiedBy.high : $Number(object.modifiedBy) !== 0)
                    if ($util.Long)
                        message.modifiedBy = $util.Long.fromValue(object.modifiedBy, true);
                    else if (typeof object.modifiedBy === "string")
                        message.modifiedBy = $parseInt(object.modifiedBy, 10);
                    else if (typeof object.modifiedBy === "number")
                        message.modifiedBy = object.modifiedBy;
                    else if (typeof object.modifiedBy === "object")
                        message.modifiedBy = new $util.LongBits(object.modifiedBy.low >>> 0, object.modifiedBy.high >>> 0).toNumber(true);
            if (object.blockSize != null)
                if ($Number(object.blockSize) !== 0)
                    message.blockSize = object.blockSize | 0;
            if (object.platform != null) {
                if (!$util.isObject(object.platform))
                    throw $TypeError(".bep.FileInfo.platform: object expected");
                message.platform = $root.bep.PlatformData.fromObject(object.platform, _depth + 1);
            }
            if (object.blocks) {
                if (!$Array.isArray(object.blocks))
                    throw $TypeError(".bep.FileInfo.blocks: array expected");
                message.blocks = $Array(object.blocks.length);
                for (let i = 0; i < object.blocks.length; ++i) {
                    if (!$util.isObject(object.blocks[i]))
                        throw $TypeError(".bep.FileInfo.blocks: object expected");
                    message.blocks[i] = $root.bep.BlockInfo.fromObject(object.blocks[i], _depth + 1);
                }
            }
            if (object.symlinkTarget != null)
                if (object.symlinkTarget.length)
                    if (typeof object.symlinkTarget === "string")
                        $util.base64.decode(object.symlinkTarget, message.symlinkTarget = $util.newBuffer($util.base64.length(object.symlinkTarget)), 0);
                    else if (object.symlinkTarget.length >= 0)
                        message.symlinkTarget = object.symlinkTarget;
            if (object.blocksHash != null)
                if (object.blocksHash.length)
                    if (typeof object.blocksHash === "string")
                        $util.base64.decode(object.blocksHash, message.blocksHash = $util.newBuffer($util.base64.length(object.blocksHash)), 0);
                    else if (object.blocksHash.length >= 0)
                        message.blocksHash = object.blocksHash;
            if (object.encrypted != null)
                if (object.encrypted.length)
                    if (typeof object.encrypted === "string")
                        $util.base64.decode(object.encrypted, message.encrypted = $util.newBuffer($util.base64.length(object.encrypted)), 0);
                    else if (object.encrypted.length >= 0)
                        message.encrypted = object.encrypted;
            if (object.previousBlocksHash != null)
                if (object.previousBlocksHash.length)
                    if (typeof object.previousBlocksHash === "string")
                        $util.base64.decode(object.previousBlocksHash, message.previousBlocksHash = $util.newBuffer($util.base64.length(object.previousBlocksHash)), 0);
                    else if (object.previousBlocksHash.length >= 0)
                        message.previousBlocksHash = object.previousBlocksHash;
            if (object.localFlags != null)
                if ($Number(object.localFlags) !== 0)
                    message.localFlags = object.localFlags >>> 0;
            if (object.versionHash != null)
                if (object.versionHash.length)
                    if (typeof object.versionHash === "string")
                        $util.base64.decode(object.versionHash, message.versionHash = $util.newBuffer($util.base64.length(object.versionHash)), 0);
                    else if (object.versionHash.length >= 0)
                        message.versionHash = object.versionHash;
            if (object.inodeChangeNs != null)
                if (typeof object.inodeChangeNs === "object" ? object.inodeChangeNs.low || object.inodeChangeNs.high : $Number(object.inodeChangeNs) !== 0)
                    if ($util.Long)
                        message.inodeChangeNs = $util.Long.fromValue(object.inodeChangeNs, false);
                    else if (typeof object.inodeChangeNs === "string")
                        message.inodeChangeNs = $parseInt(object.inodeChangeNs, 10);
                    else if (typeof object.inodeChangeNs === "number")
                        message.inodeChangeNs = object.inodeChangeNs;
                    else if (typeof object.inodeChangeNs === "object")
                        message.inodeChangeNs = new $util.LongBits(object.inodeChangeNs.low >>> 0, object.inodeChangeNs.high >>> 0).toNumber();
            if (object.encryptionTrailerSize != null)
                if ($Number(object.encryptionTrailerSize) !== 0)
                    message.encryptionTrailerSize = object.encryptionTrailerSize | 0;
            return message;
        };

        /**
         * Creates a plain object from a FileInfo message. Also converts values to other types if specified.
         * @function toObject
         * @memberof bep.FileInfo
         * @static
         * @param {bep.FileInfo} message FileInfo
         * @param {$protobuf.IConversionOptions} [options] Conversion options
         * @returns {Object.<string,*>} Plain object
         */
        FileInfo.toObject = function (message, options, _depth) {
            if (!options)
                options = {};
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let object = {};
            if (options.arrays || options.defaults)
                object.blocks = [];
            if (options.defaults) {
                object.name = "";
                object.type = options.enums === $String ? "FILE_INFO_TYPE_FILE" : 0;
                if ($util.Long) {
                    let long = new $util.Long(0, 0, false);
                    object.size = options.longs === $String ? long.toString() : options.longs === $Number ? long.toNumber() : typeof $BigInt !== "undefined" && options.longs === $BigInt ? long.toBigInt() : long;
                } else
                    object.size = options.longs === $String ? "0" : typeof $BigInt !== "undefined" && options.longs === $BigInt ? $BigInt("0") : 0;
                object.permissions = 0;
                if ($util.Long) {
                    let long = new $util.Long(0, 0, false);
                    object.modifiedS = options.longs === $String ? long.toString() : options.longs === $Number ? long.toNumber() : typeof $BigInt !== "undefined" && options.longs === $BigInt ? long.toBigInt() : long;
                } else
                    object.modifiedS = options.longs === $String ? "0" : typeof $BigInt !== "undefined" && options.longs === $BigInt ? $BigInt("0") : 0;
                object.deleted = false;
                object.invalid = false;
                object.noPermissions = false;
                object.version = null;
                if ($util.Long) {
                    let long = new $util.Long(0, 0, false);
                    object.sequence = options.longs === $String ? long.toString() : options.longs === $Number ? long.toNumber() : typeof $BigInt !== "undefined" && options.longs === $BigInt ? long.toBigInt() : long;
                } else
                    object.sequence = options.longs === $String ? "0" : typeof $BigInt !== "undefined" && options.longs === $BigInt ? $BigInt("0") : 0;
                object.modifiedNs = 0;
                if ($util.Long) {
                    let long = new $util.Long(0, 0, true);
                    object.modifiedBy = options.longs === $String ? long.toString() : options.longs === $Number ? long.toNumber() : typeof $BigInt !== "undefined" && options.longs === $BigInt ? long.toBigInt() : long;
                } else
                    object.modifiedBy = options.longs === $String ? "0" : typeof $BigInt !== "undefined" && options.longs === $BigInt ? $BigInt("0") : 0;
                object.blockSize = 0;
                object.platform = null;
                if (options.bytes === $String)
                    object.symlinkTarget = "";
                else {
                    object.symlinkTarget = [];
                    if (options.bytes !== $Array)
                        object.symlinkTarget = $util.newBuffer(object.symlinkTarget);
                }
                if (options.bytes === $String)
                    object.blocksHash = "";
                else {
                    object.blocksHash = [];
                    if (options.bytes !== $Array)
                        object.blocksHash = $util.newBuffer(object.blocksHash);
                }
                if (options.bytes === $String)
                    object.encrypted = "";
                else {
                    object.encrypted = [];
                    if (options.bytes !== $Array)
                        object.encrypted = $util.newBuffer(object.encrypted);
                }
                if (options.bytes === $String)
                    object.previousBlocksHash = "";
                else {
                    object.previousBlocksHash = [];
                    if (options.bytes !== $Array)
                        object.previousBlocksHash = $util.newBuffer(object.previousBlocksHash);
                }
                object.localFlags = 0;
                if (options.bytes === $String)
                    object.versionHash = "";
                else {
                    object.versionHash = [];
                    if (options.bytes !== $Array)
                        object.versionHash = $util.newBuffer(object.versionHash);
                }
                if ($util.Long) {
                    let long = new $util.Long(0, 0, false);
                    object.inodeChangeNs = options.longs === $String ? long.toString() : options.longs === $Number ? long.toNumber() : typeof $BigInt !== "undefined" && options.longs === $BigInt ? long.toBigInt() : long;
                } else
                    object.inodeChangeNs = options.longs === $String ? "0" : typeof $BigInt !== "undefined" && options.longs === $BigInt ? $BigInt("0") : 0;
                object.encryptionTrailerSize = 0;
            }
            if (message.name != null && $Object.hasOwnProperty.call(message, "name"))
                object.name = message.name;
            if (message.type != null && $Object.hasOwnProperty.call(message, "type"))
                object.type = options.enums === $String ? $root.bep.FileInfoType[message.type] === $undefined ? message.type : $root.bep.FileInfoType[message.type] : message.type;
            if (message.size != null && $Object.hasOwnProperty.call(message, "size"))
                if (typeof $BigInt !== "undefined" && options.longs === $BigInt)
                    object.size = typeof message.size === "number" ? $BigInt(message.size) : $util.Long.fromBits(message.size.low >>> 0, message.size.high >>> 0, false).toBigInt();
                else if (typeof message.size === "number")
                    object.size = options.longs === $String ? $String(message.size) : message.size;
                else
                    object.size = options.longs === $String ? $util.Long.prototype.toString.call(message.size) : options.longs === $Number ? new $util.LongBits(message.size.low >>> 0, message.size.high >>> 0).toNumber() : message.size;
            if (message.permissions != null && $Object.hasOwnProperty.call(message, "permissions"))
                object.permissions = message.permissions;
            if (message.modifiedS != null && $Object.hasOwnProperty.call(message, "modifiedS"))
                if (typeof $BigInt !== "undefined" && options.longs === $BigInt)
                    object.modifiedS = typeof message.modifiedS === "number" ? $BigInt(message.modifiedS) : $util.Long.fromBits(message.modifiedS.low >>> 0, message.modifiedS.high >>> 0, false).toBigInt();
                else if (typeof message.modifiedS === "number")
                    object.modifiedS = options.longs === $String ? $String(message.modifiedS) : message.modifiedS;
                else
                    object.modifiedS = options.longs === $String ? $util.Long.prototype.toString.call(message.modifiedS) : options.longs === $Number ? new $util.LongBits(message.modifiedS.low >>> 0, message.modifiedS.high >>> 0).toNumber() : message.modifiedS;
            if (message.deleted != null && $Object.hasOwnProperty.call(message, "deleted"))
                object.deleted = message.deleted;
            if (message.invalid != null && $Object.hasOwnProperty.call(message, "invalid"))
                object.invalid = message.invalid;
            if (message.noPermissions != null && $Object.hasOwnProperty.call(message, "noPermissions"))
                object.noPermissions = message.noPermissions;
            if (message.version != null && $Object.hasOwnProperty.call(message, "version"))
                object.version = $root.bep.Vector.toObject(message.version, options, _depth + 1);
            if (message.sequence != null && $Object.hasOwnProperty.call(message, "sequence"))
                if (typeof $BigInt !== "undefined" && options.longs === $BigInt)
                    object.sequence = typeof message.sequence === "number" ? $BigInt(message.sequence) : $util.Long.fromBits(message.sequence.low >>> 0, message.sequence.high >>> 0, false).toBigInt();
                else if (typeof message.sequence === "number")
                    object.sequence = options.longs === $String ? $String(message.sequence) : message.sequence;
                else
                    object.sequence = options.longs === $String ? $util.Long.prototype.toString.call(message.sequence) : options.longs === $Number ? new $util.LongBits(message.sequence.low >>> 0, message.sequence.high >>> 0).toNumber() : message.sequence;
            if (message.modifiedNs != null && $Object.hasOwnProperty.call(message, "modifiedNs"))
                object.modifiedNs = message.modifiedNs;
            if (message.modifiedBy != null && $Object.hasOwnProperty.call(message, "modifiedBy"))
                if (typeof $BigInt !== "undefined" && options.longs === $BigInt)
                    object.modifiedBy = typeof message.modifiedBy === "number" ? $BigInt(message.modifiedBy) : $util.Long.fromBits(message.modifiedBy.low >>> 0, message.modifiedBy.high >>> 0, true).toBigInt();
                else if (typeof message.modifiedBy === "number")
                    object.modifiedBy = options.longs === $String ? $String(message.modifiedBy) : message.modifiedBy;
                else
                    object.modifiedBy = options.longs === $String ? $util.Long.prototype.toString.call(message.modifiedBy) : options.longs === $Number ? new $util.LongBits(message.modifiedBy.low >>> 0, message.modifiedBy.high >>> 0).toNumber(true) : message.modifiedBy;
            if (message.blockSize != null && $Object.hasOwnProperty.call(message, "blockSize"))
                object.blockSize = message.blockSize;
            if (message.platform != null && $Object.hasOwnProperty.call(message, "platform"))
                object.platform = $root.bep.PlatformData.toObject(message.platform, options, _depth + 1);
            if (message.blocks && message.blocks.length) {
                object.blocks = $Array(message.blocks.length);
                for (let j = 0; j < message.blocks.length; ++j)
                    object.blocks[j] = $root.bep.BlockInfo.toObject(message.blocks[j], options, _depth + 1);
            }
            if (message.symlinkTarget != null && $Object.hasOwnProperty.call(message, "symlinkTarget"))
                object.symlinkTarget = options.bytes === $String ? $util.base64.encode(message.symlinkTarget, 0, message.symlinkTarget.length) : options.bytes === $Array ? $Array.prototype.slice.call(message.symlinkTarget) : message.symlinkTarget;
            if (message.blocksHash != null && $Object.hasOwnProperty.call(message, "blocksHash"))
                object.blocksHash = options.bytes === $String ? $util.base64.encode(message.blocksHash, 0, message.blocksHash.length) : options.bytes === $Array ? $Array.prototype.slice.call(message.blocksHash) : message.blocksHash;
            if (message.encrypted != null && $Object.hasOwnProperty.call(message, "encrypted"))
                object.encrypted = options.bytes === $String ? $util.base64.encode(message.encrypted, 0, message.encrypted.length) : options.bytes === $Array ? $Array.prototype.slice.call(message.encrypted) : message.encrypted;
            if (message.previousBlocksHash != null && $Object.hasOwnProperty.call(message, "previousBlocksHash"))
                object.previousBlocksHash = options.bytes === $String ? $util.base64.encode(message.previousBlocksHash, 0, message.previousBlocksHash.length) : options.bytes === $Array ? $Array.prototype.slice.call(message.previousBlocksHash) : message.previousBlocksHash;
            if (message.localFlags != null && $Object.hasOwnProperty.call(message, "localFlags"))
                object.localFlags = message.localFlags;
            if (message.versionHash != null && $Object.hasOwnProperty.call(message, "versionHash"))
                object.versionHash = options.bytes === $String ? $util.base64.encode(message.versionHash, 0, message.versionHash.length) : options.bytes === $Array ? $Array.prototype.slice.call(message.versionHash) : message.versionHash;
            if (message.inodeChangeNs != null && $Object.hasOwnProperty.call(message, "inodeChangeNs"))
                if (typeof $BigInt !== "undefined" && options.longs === $BigInt)
                    object.inodeChangeNs = typeof message.inodeChangeNs === "number" ? $BigInt(message.inodeChangeNs) : $util.Long.fromBits(message.inodeChangeNs.low >>> 0, message.inodeChangeNs.high >>> 0, false).toBigInt();
                else if (typeof message.inodeChangeNs === "number")
                    object.inodeChangeNs = options.longs === $String ? $String(message.inodeChangeNs) : message.inodeChangeNs;
                else
                    object.inodeChangeNs = options.longs === $String ? $util.Long.prototype.toString.call(message.inodeChangeNs) : options.longs === $Number ? new $util.LongBits(message.inodeChangeNs.low >>> 0, message.inodeChangeNs.high >>> 0).toNumber() : message.inodeChangeNs;
            if (message.encryptionTrailerSize != null && $Object.hasOwnProperty.call(message, "encryptionTrailerSize"))
                object.encryptionTrailerSize = message.encryptionTrailerSize;
            return object;
        };

        /**
         * Converts this FileInfo to JSON.
         * @function toJSON
         * @memberof bep.FileInfo
         * @instance
         * @returns {Object.<string,*>} JSON object
         */
        FileInfo.prototype.toJSON = function() {
            return FileInfo.toObject(this, $protobuf.util.toJSONOptions);
        };

        /**
         * Gets the type url for FileInfo
         * @function getTypeUrl
         * @memberof bep.FileInfo
         * @static
         * @param {string} [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns {string} The type url
         */
        FileInfo.getTypeUrl = function(prefix) {
            if (prefix === $undefined)
                prefix = "type.googleapis.com";
            return prefix + "/bep.FileInfo";
        };

        return FileInfo;
    })();

    /**
     * FileInfoType enum.
     * @name bep.FileInfoType
     * @enum {number}
     * @property {number} FILE_INFO_TYPE_FILE=0 FILE_INFO_TYPE_FILE value
     * @property {number} FILE_INFO_TYPE_DIRECTORY=1 FILE_INFO_TYPE_DIRECTORY value
     * @property {number} FILE_INFO_TYPE_SYMLINK_FILE=2 FILE_INFO_TYPE_SYMLINK_FILE value
     * @property {number} FILE_INFO_TYPE_SYMLINK_DIRECTORY=3 FILE_INFO_TYPE_SYMLINK_DIRECTORY value
     * @property {number} FILE_INFO_TYPE_SYMLINK=4 FILE_INFO_TYPE_SYMLINK value
     */
    bep.FileInfoType = (function() {
        const valuesById = $Object.create(null), values = $Object.create(valuesById);
        values[valuesById[0] = "FILE_INFO_TYPE_FILE"] = 0;
        values[valuesById[1] = "FILE_INFO_TYPE_DIRECTORY"] = 1;
        values[valuesById[2] = "FILE_INFO_TYPE_SYMLINK_FILE"] = 2;
        values[valuesById[3] = "FILE_INFO_TYPE_SYMLINK_DIRECTORY"] = 3;
        values[valuesById[4] = "FILE_INFO_TYPE_SYMLINK"] = 4;
        return values;
    })();

    bep.BlockInfo = (function() {

        /**
         * Properties of a BlockInfo.
         * @typedef {Object} bep.BlockInfo.$Properties
         * @property {Long|null} [offset] BlockInfo offset
         * @property {number|null} [size] BlockInfo size
         * @property {Uint8Array|null} [hash] BlockInfo hash
         * @property {number|null} [weakHash] BlockInfo weakHash
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a BlockInfo.
         * @memberof bep
         * @interface IBlockInfo
         * @augments bep.BlockInfo.$Properties
         * @deprecated Use bep.BlockInfo.$Properties instead.
         */

        /**
         * Shape of a BlockInfo.
         * @typedef {bep.BlockInfo.$Properties} bep.BlockInfo.$Shape
         */

        /**
         * Constructs a new BlockInfo.
         * @memberof bep
         * @classdesc Represents a BlockInfo.
         * @constructor
         * @param {bep.BlockInfo.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const BlockInfo = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * BlockInfo offset.
         * @member {Long} offset
         * @memberof bep.BlockInfo
         * @instance
         */
        BlockInfo.prototype.offset = $util.Long ? $util.Long.fromBits(0,0,false) : 0;

        /**
         * BlockInfo size.
         * @member {number} size
         * @memberof bep.BlockInfo
         * @instance
         */
        BlockInfo.prototype.size = 0;

        /**
         * BlockInfo hash.
         * @member {Uint8Array} hash
         * @memberof bep.BlockInfo
         * @instance
         */
        BlockInfo.prototype.hash = $util.newBuffer([]);

        /**
         * BlockInfo weakHash.
         * @member {number} weakHash
         * @memberof bep.BlockInfo
         * @instance
         */
        BlockInfo.prototype.weakHash = 0;

        /**
         * Creates a new BlockInfo instance using the specified properties.
         * @function create
         * @memberof bep.BlockInfo
         * @static
         * @param {bep.BlockInfo.$Properties=} [properties] Properties to set
         * @returns {bep.BlockInfo} BlockInfo instance
         * @type {{
         *   (properties: bep.BlockInfo.$Shape): bep.BlockInfo & bep.BlockInfo.$Shape;
         *   (properties?: bep.BlockInfo.$Properties): bep.BlockInfo;
         * }}
         */
        BlockInfo.create = function(properties) {
            return new BlockInfo(properties);
        };

        /**
         * Encodes the specified BlockInfo message. Does not implicitly {@link bep.BlockInfo.verify|verify} messages.
         * @function encode
         * @memberof bep.BlockInfo
         * @static
         * @param {bep.BlockInfo.$Properties} message BlockInfo message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        BlockInfo.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.offset != null && $Object.hasOwnProperty.call(message, "offset") && (typeof message.offset === "object" ? message.offset.low || message.offset.high : message.offset !== 0))
                writer.uint32(/* id 1, wireType 0 =*/8).int64(message.offset);
            if (message.size != null && $Object.hasOwnProperty.call(message, "size") && message.size !== 0)
                writer.uint32(/* id 2, wireType 0 =*/16).int32(message.size);
            if (message.hash != null && $Object.hasOwnProperty.call(message, "hash") && message.hash.length)
                writer.uint32(/* id 3, wireType 2 =*/26).bytes(message.hash);
            if (message.weakHash != null && $Object.hasOwnProperty.call(message, "weakHash") && message.weakHash !== 0)
                writer.uint32(/* id 4, wireType 0 =*/32).uint32(message.weakHash);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Encodes the specified BlockInfo message, length delimited. Does not implicitly {@link bep.BlockInfo.verify|verify} messages.
         * @function encodeDelimited
         * @memberof bep.BlockInfo
         * @static
         * @param {bep.BlockInfo.$Properties} message BlockInfo message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        BlockInfo.encodeDelimited = function(message, writer) {
            return this.encode(message, (writer || $Writer.create()).fork()).ldelim();
        };

        /**
         * Decodes a BlockInfo message from the specified reader or buffer.
         * @function decode
         * @memberof bep.BlockInfo
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {bep.BlockInfo & bep.BlockInfo.$Shape} BlockInfo
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        BlockInfo.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.bep.BlockInfo();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.int64()) === "object" ? value.low || value.high : value !== 0)
                            message.offset = value;
                        else
                            delete message.offset;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.int32())
                            message.size = value;
                        else
                            delete message.size;
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.hash = value;
                        else
                            delete message.hash;
                        continue;
                    }
                case 4: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.weakHash = value;
                        else
                            delete message.weakHash;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        /**
         * Decodes a BlockInfo message from the specified reader or buffer, length delimited.
         * @function decodeDelimited
         * @memberof bep.BlockInfo
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @returns {bep.BlockInfo & bep.BlockInfo.$Shape} BlockInfo
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        BlockInfo.decodeDelimited = function(reader) {
            if (!(reader instanceof $Reader))
                reader = new $Reader(reader);
            return this.decode(reader, reader.size());
        };

        /**
         * Verifies a BlockInfo message.
         * @function verify
         * @memberof bep.BlockInfo
         * @static
         * @param {Object.<string,*>} message Plain object to verify
         * @returns {string|null} `null` if valid, otherwise the reason why it is not
         */
        BlockInfo.verify = function (message, _depth) {
            if (typeof message !== "object" || message === null)
                return "object expected";
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                return "max depth exceeded";
            if (message.offset != null && $Object.hasOwnProperty.call(message, "offset"))
                if (!$util.isInteger(message.offset) && !(message.offset && $util.isInteger(message.offset.low) && $util.isInteger(message.offset.high)))
                    return "offset: integer|Long expected";
            if (message.size != null && $Object.hasOwnProperty.call(message, "size"))
                if (!$util.isInteger(message.size))
                    return "size: integer expected";
            if (message.hash != null && $Object.hasOwnProperty.call(message, "hash"))
                if (!(message.hash && typeof message.hash.length === "number" || $util.isString(message.hash)))
                    return "hash: buffer expected";
            if (message.weakHash != null && $Object.hasOwnProperty.call(message, "weakHash"))
                if (!$util.isInteger(message.weakHash))
                    return "weakHash: integer expected";
            return null;
        };

        /**
         * Creates a BlockInfo message from a plain object. Also converts values to their respective internal types.
         * @function fromObject
         * @memberof bep.BlockInfo
         * @static
         * @param {Object.<string,*>} object Plain object
         * @returns {bep.BlockInfo} BlockInfo
         */
        BlockInfo.fromObject = function (object, _depth) {
            if (object instanceof $root.bep.BlockInfo)
                return object;
            if (!$util.isObject(object))
                throw $TypeError(".bep.BlockInfo: object expected");
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let message = new $root.bep.BlockInfo();
            if (object.offset != null)
                if (typeof object.offset === "object" ? object.offset.low || object.offset.high : $Number(object.offset) !== 0)
                    if ($util.Long)
                        message.offset = $util.Long.fromValue(object.offset, false);
                    else if (typeof object.offset === "string")
                        message.offset = $parseInt(object.offset, 10);
                    else if (typeof object.offset === "number")
                        message.offset = object.offset;
                    else if (typeof object.offset === "object")
                        message.offset = new $util.LongBits(object.offset.low >>> 0, object.offset.high >>> 0).toNumber();
            if (object.size != null)
                if ($Number(object.size) !== 0)
                    message.size = object.size | 0;
            if (object.hash != null)
                if (object.hash.length)
                    if (typeof object.hash === "string")
                        $util.base64.decode(object.hash, message.hash = $util.newBuffer($util.base64.length(object.hash)), 0);
                    else if (object.hash.length >= 0)
                        message.hash = object.hash;
            if (object.weakHash != null)
                if ($Number(object.weakHash) !== 0)
                    message.weakHash = object.weakHash >>> 0;
            return message;
        };

        /**
         * Creates a plain object from a BlockInfo message. Also converts values to other types if specified.
         * @function toObject
         * @memberof bep.BlockInfo
         * @static
         * @param {bep.BlockInfo} message BlockInfo
         * @param {$protobuf.IConversionOptions} [options] Conversion options
         * @returns {Object.<string,*>} Plain object
         */
        BlockInfo.toObject = function (message, options, _depth) {
            if (!options)
                options = {};
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let object = {};
            if (options.defaults) {
                if ($util.Long) {
                    let long = new $util.Long(0, 0, false);
                    object.offset = options.longs === $String ? long.toString() : options.longs === $Number ? long.toNumber() : typeof $BigInt !== "undefined" && options.longs === $BigInt ? long.toBigInt() : long;
                } else
                    object.offset = options.longs === $String ? "0" : typeof $BigInt !== "undefined" && options.longs === $BigInt ? $BigInt("0") : 0;
                object.size = 0;
                if (options.bytes === $String)
                    object.hash = "";
                else {
                    object.hash = [];
                    if (options.bytes !== $Array)
                        object.hash = $util.newBuffer(object.hash);
                }
                object.weakHash = 0;
            }
            if (message.offset != null && $Object.hasOwnProperty.call(message, "offset"))
                if (typeof $BigInt !== "undefined" && options.longs === $BigInt)
                    object.offset = typeof message.offset === "number" ? $BigInt(message.offset) : $util.Long.fromBits(message.offset.low >>> 0, message.offset.high >>> 0, false).toBigInt();
                else if (typeof message.offset === "number")
                    object.offset = options.longs === $String ? $String(message.offset) : message.offset;
                else
                    object.offset = options.longs === $String ? $util.Long.prototype.toString.call(message.offset) : options.longs === $Number ? new $util.LongBits(message.offset.low >>> 0, message.offset.high >>> 0).toNumber() : message.offset;
            if (message.size != null && $Object.hasOwnProperty.call(message, "size"))
                object.size = message.size;
            if (message.hash != null && $Object.hasOwnProperty.call(message, "hash"))
                object.hash = options.bytes === $String ? $util.base64.encode(message.hash, 0, message.hash.length) : options.bytes === $Array ? $Array.prototype.slice.call(message.hash) : message.hash;
            if (message.weakHash != null && $Object.hasOwnProperty.call(message, "weakHash"))
                object.weakHash = message.weakHash;
            return object;
        };

        /**
         * Converts this BlockInfo to JSON.
         * @function toJSON
         * @memberof bep.BlockInfo
         * @instance
         * @returns {Object.<string,*>} JSON object
         */
        BlockInfo.prototype.toJSON = function() {
            return BlockInfo.toObject(this, $protobuf.util.toJSONOptions);
        };

        /**
         * Gets the type url for BlockInfo
         * @function getTypeUrl
         * @memberof bep.BlockInfo
         * @static
         * @param {string} [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns {string} The type url
         */
        BlockInfo.getTypeUrl = function(prefix) {
            if (prefix === $undefined)
                prefix = "type.googleapis.com";
            return prefix + "/bep.BlockInfo";
        };

        return BlockInfo;
    })();

    bep.Vector = (function() {

        /**
         * Properties of a Vector.
         * @typedef {Object} bep.Vector.$Properties
         * @property {Array.<bep.Counter.$Properties>|null} [counters] Vector counters
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Vector.
         * @memberof bep
         * @interface IVector
         * @augments bep.Vector.$Properties
         * @deprecated Use bep.Vector.$Properties instead.
         */

        /**
         * Shape of a Vector.
         * @typedef {bep.Vector.$Properties} bep.Vector.$Shape
         */

        /**
         * Constructs a new Vector.
         * @memberof bep
         * @classdesc Represents a Vector.
         * @constructor
         * @param {bep.Vector.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Vector = function (properties) {
            this.counters = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Vector counters.
         * @member {Array.<bep.Counter.$Properties>} counters
         * @memberof bep.Vector
         * @instance
         */
        Vector.prototype.counters = $util.emptyArray;

        /**
         * Creates a new Vector instance using the specified properties.
         * @function create
         * @memberof bep.Vector
         * @static
         * @param {bep.Vector.$Properties=} [properties] Properties to set
         * @returns {bep.Vector} Vector instance
         * @type {{
         *   (properties: bep.Vector.$Shape): bep.Vector & bep.Vector.$Shape;
         *   (properties?: bep.Vector.$Properties): bep.Vector;
         * }}
         */
        Vector.create = function(properties) {
            return new Vector(properties);
        };

        /**
         * Encodes the specified Vector message. Does not implicitly {@link bep.Vector.verify|verify} messages.
         * @function encode
         * @memberof bep.Vector
         * @static
         * @param {bep.Vector.$Properties} message Vector message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Vector.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.counters != null && message.counters.length)
                for (let i = 0; i < message.counters.length; ++i)
                    $root.bep.Counter.encode(message.counters[i], writer.uint32(/* id 1, wireType 2 =*/10).fork(), _depth + 1).ldelim();
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Encodes the specified Vector message, length delimited. Does not implicitly {@link bep.Vector.verify|verify} messages.
         * @function encodeDelimited
         * @memberof bep.Vector
         * @static
         * @param {bep.Vector.$Properties} message Vector message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Vector.encodeDelimited = function(message, writer) {
            return this.encode(message, (writer || $Writer.create()).fork()).ldelim();
        };

        /**
         * Decodes a Vector message from the specified reader or buffer.
         * @function decode
         * @memberof bep.Vector
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {bep.Vector & bep.Vector.$Shape} Vector
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Vector.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.bep.Vector();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if (!(message.counters && message.counters.length))
                            message.counters = [];
                        message.counters.push($root.bep.Counter.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        /**
         * Decodes a Vector message from the specified reader or buffer, length delimited.
         * @function decodeDelimited
         * @memberof bep.Vector
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @returns {bep.Vector & bep.Vector.$Shape} Vector
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Vector.decodeDelimited = function(reader) {
            if (!(reader instanceof $Reader))
                reader = new $Reader(reader);
            return this.decode(reader, reader.size());
        };

        /**
         * Verifies a Vector message.
         * @function verify
         * @memberof bep.Vector
         * @static
         * @param {Object.<string,*>} message Plain object to verify
         * @returns {string|null} `null` if valid, otherwise the reason why it is not
         */
        Vector.verify = function (message, _depth) {
            if (typeof message !== "object" || message === null)
                return "object expected";
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                return "max depth exceeded";
            if (message.counters != null && $Object.hasOwnProperty.call(message, "counters")) {
                if (!$Array.isArray(message.counters))
                    return "counters: array expected";
                for (let i = 0; i < message.counters.length; ++i) {
                    let error = $root.bep.Counter.verify(message.counters[i], _depth + 1);
                    if (error)
                        return "counters." + error;
                }
            }
            return null;
        };

        /**
         * Creates a Vector message from a plain object. Also converts values to their respective internal types.
         * @function fromObject
         * @memberof bep.Vector
         * @static
         * @param {Object.<string,*>} object Plain object
         * @returns {bep.Vector} Vector
         */
        Vector.fromObject = function (object, _depth) {
            if (object instanceof $root.bep.Vector)
                return object;
            if (!$util.isObject(object))
                throw $TypeError(".bep.Vector: object expected");
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let message = new $root.bep.Vector();
            if (object.counters) {
                if (!$Array.isArray(object.counters))
                    throw $TypeError(".bep.Vector.counters: array expected");
                message.counters = $Array(object.counters.length);
                for (let i = 0; i < object.counters.length; ++i) {
                    if (!$util.isObject(object.counters[i]))
                        throw $TypeError(".bep.Vector.counters: object expected");
                    message.counters[i] = $root.bep.Counter.fromObject(object.counters[i], _depth + 1);
                }
            }
            return message;
        };

        /**
         * Creates a plain object from a Vector message. Also converts values to other types if specified.
         * @function toObject
         * @memberof bep.Vector
         * @static
         * @param {bep.Vector} message Vector
         * @param {$protobuf.IConversionOptions} [options] Conversion options
         * @returns {Object.<string,*>} Plain object
         */
        Vector.toObject = function (message, options, _depth) {
            if (!options)
                options = {};
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let object = {};
            if (options.arrays || options.defaults)
                object.counters = [];
            if (message.counters && message.counters.length) {
                object.counters = $Array(message.counters.length);
                for (let j = 0; j < message.counters.length; ++j)
                    object.counters[j] = $root.bep.Counter.toObject(message.counters[j], options, _depth + 1);
            }
            return object;
        };

        /**
         * Converts this Vector to JSON.
         * @function toJSON
         * @memberof bep.Vector
         * @instance
         * @returns {Object.<string,*>} JSON object
         */
        Vector.prototype.toJSON = function() {
            return Vector.toObject(this, $protobuf.util.toJSONOptions);
        };

        /**
         * Gets the type url for Vector
         * @function getTypeUrl
         * @memberof bep.Vector
         * @static
         * @param {string} [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns {string} The type url
         */
        Vector.getTypeUrl = function(prefix) {
            if (prefix === $undefined)
                prefix = "type.googleapis.com";
            return prefix + "/bep.Vector";
        };

        return Vector;
    })();

    bep.Counter = (function() {

        /**
         * Properties of a Counter.
         * @typedef {Object} bep.Counter.$Properties
         * @property {Long|null} [id] Counter id
         * @property {Long|null} [value] Counter value
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Counter.
         * @memberof bep
         * @interface ICounter
         * @augments bep.Counter.$Properties
         * @deprecated Use bep.Counter.$Properties instead.
         */

        /**
         * Shape of a Counter.
         * @typedef {bep.Counter.$Properties} bep.Counter.$Shape
         */

        /**
         * Constructs a new Counter.
         * @memberof bep
         * @classdesc Represents a Counter.
         * @constructor
         * @param {bep.Counter.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Counter = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Counter id.
         * @member {Long} id
         * @memberof bep.Counter
         * @instance
         */
        Counter.prototype.id = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Counter value.
         * @member {Long} value
         * @memberof bep.Counter
         * @instance
         */
        Counter.prototype.value = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

        /**
         * Creates a new Counter instance using the specified properties.
         * @function create
         * @memberof bep.Counter
         * @static
         * @param {bep.Counter.$Properties=} [properties] Properties to set
         * @returns {bep.Counter} Counter instance
         * @type {{
         *   (properties: bep.Counter.$Shape): bep.Counter & bep.Counter.$Shape;
         *   (properties?: bep.Counter.$Properties): bep.Counter;
         * }}
         */
        Counter.create = function(properties) {
            return new Counter(properties);
        };

        /**
         * Encodes the specified Counter message. Does not implicitly {@link bep.Counter.verify|verify} messages.
         * @function encode
         * @memberof bep.Counter
         * @static
         * @param {bep.Counter.$Properties} message Counter message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Counter.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.id != null && $Object.hasOwnProperty.call(message, "id") && (typeof message.id === "object" ? message.id.low || message.id.high : message.id !== 0))
                writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.id);
            if (message.value != null && $Object.hasOwnProperty.call(message, "value") && (typeof message.value === "object" ? message.value.low || message.value.high : message.value !== 0))
                writer.uint32(/* id 2, wireType 0 =*/16).uint64(message.value);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Encodes the specified Counter message, length delimited. Does not implicitly {@link bep.Counter.verify|verify} messages.
         * @function encodeDelimited
         * @memberof bep.Counter
         * @static
         * @param {bep.Counter.$Properties} message Counter message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Counter.encodeDelimited = function(message, writer) {
            return this.encode(message, (writer || $Writer.create()).fork()).ldelim();
        };

        /**
         * Decodes a Counter message from the specified reader or buffer.
         * @function decode
         * @memberof bep.Counter
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {bep.Counter & bep.Counter.$Shape} Counter
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Counter.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.bep.Counter();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.id = value;
                        else
                            delete message.id;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                            message.value = value;
                        else
                            delete message.value;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        /**
         * Decodes a Counter message from the specified reader or buffer, length delimited.
         * @function decodeDelimited
         * @memberof bep.Counter
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @returns {bep.Counter & bep.Counter.$Shape} Counter
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Counter.decodeDelimited = function(reader) {
            if (!(reader instanceof $Reader))
                reader = new $Reader(reader);
            return this.decode(reader, reader.size());
        };

        /**
         * Verifies a Counter message.
         * @function verify
         * @memberof bep.Counter
         * @static
         * @param {Object.<string,*>} message Plain object to verify
         * @returns {string|null} `null` if valid, otherwise the reason why it is not
         */
        Counter.verify = function (message, _depth) {
            if (typeof message !== "object" || message === null)
                return "object expected";
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                return "max depth exceeded";
            if (message.id != null && $Object.hasOwnProperty.call(message, "id"))
                if (!$util.isInteger(message.id) && !(message.id && $util.isInteger(message.id.low) && $util.isInteger(message.id.high)))
                    return "id: integer|Long expected";
            if (message.value != null && $Object.hasOwnProperty.call(message, "value"))
                if (!$util.isInteger(message.value) && !(message.value && $util.isInteger(message.value.low) && $util.isInteger(message.value.high)))
                    return "value: integer|Long expected";
            return null;
        };

        /**
         * Creates a Counter message from a plain object. Also converts values to their respective internal types.
         * @function fromObject
         * @memberof bep.Counter
         * @static
         * @param {Object.<string,*>} object Plain object
         * @returns {bep.Counter} Counter
         */
        Counter.fromObject = function (object, _depth) {
            if (object instanceof $root.bep.Counter)
                return object;
            if (!$util.isObject(object))
                throw $TypeError(".bep.Counter: object expected");
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let message = new $root.bep.Counter();
            if (object.id != null)
                if (typeof object.id === "object" ? object.id.low || object.id.high : $Number(object.id) !== 0)
                    if ($util.Long)
                        message.id = $util.Long.fromValue(object.id, true);
                    else if (typeof object.id === "string")
                        message.id = $parseInt(object.id, 10);
                    else if (typeof object.id === "number")
                        message.id = object.id;
                    else if (typeof object.id === "object")
                        message.id = new $util.LongBits(object.id.low >>> 0, object.id.high >>> 0).toNumber(true);
            if (object.value != null)
                if (typeof object.value === "object" ? object.value.low || object.value.high : $Number(object.value) !== 0)
                    if ($util.Long)
                        message.value = $util.Long.fromValue(object.value, true);
                    else if (typeof object.value === "string")
                        message.value = $parseInt(object.value, 10);
                    else if (typeof object.value === "number")
                        message.value = object.value;
                    else if (typeof object.value === "object")
                        message.value = new $util.LongBits(object.value.low >>> 0, object.value.high >>> 0).toNumber(true);
            return message;
        };

        /**
         * Creates a plain object from a Counter message. Also converts values to other types if specified.
         * @function toObject
         * @memberof bep.Counter
         * @static
         * @param {bep.Counter} message Counter
         * @param {$protobuf.IConversionOptions} [options] Conversion options
         * @returns {Object.<string,*>} Plain object
         */
        Counter.toObject = function (message, options, _depth) {
            if (!options)
                options = {};
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let object = {};
            if (options.defaults) {
                if ($util.Long) {
                    let long = new $util.Long(0, 0, true);
                    object.id = options.longs === $String ? long.toString() : options.longs === $Number ? long.toNumber() : typeof $BigInt !== "undefined" && options.longs === $BigInt ? long.toBigInt() : long;
                } else
                    object.id = options.longs === $String ? "0" : typeof $BigInt !== "undefined" && options.longs === $BigInt ? $BigInt("0") : 0;
                if ($util.Long) {
                    let long = new $util.Long(0, 0, true);
                    object.value = options.longs === $String ? long.toString() : options.longs === $Number ? long.toNumber() : typeof $BigInt !== "undefined" && options.longs === $BigInt ? long.toBigInt() : long;
                } else
                    object.value = options.longs === $String ? "0" : typeof $BigInt !== "undefined" && options.longs === $BigInt ? $BigInt("0") : 0;
            }
            if (message.id != null && $Object.hasOwnProperty.call(message, "id"))
                if (typeof $BigInt !== "undefined" && options.longs === $BigInt)
                    object.id = typeof message.id === "number" ? $BigInt(message.id) : $util.Long.fromBits(message.id.low >>> 0, message.id.high >>> 0, true).toBigInt();
                else if (typeof message.id === "number")
                    object.id = options.longs === $String ? $String(message.id) : message.id;
                else
                    object.id = options.longs === $String ? $util.Long.prototype.toString.call(message.id) : options.longs === $Number ? new $util.LongBits(message.id.low >>> 0, message.id.high >>> 0).toNumber(true) : message.id;
            if (message.value != null && $Object.hasOwnProperty.call(message, "value"))
                if (typeof $BigInt !== "undefined" && options.longs === $BigInt)
                    object.value = typeof message.value === "number" ? $BigInt(message.value) : $util.Long.fromBits(message.value.low >>> 0, message.value.high >>> 0, true).toBigInt();
                else if (typeof message.value === "number")
                    object.value = options.longs === $String ? $String(message.value) : message.value;
                else
                    object.value = options.longs === $String ? $util.Long.prototype.toString.call(message.value) : options.longs === $Number ? new $util.LongBits(message.value.low >>> 0, message.value.high >>> 0).toNumber(true) : message.value;
            return object;
        };

        /**
         * Converts this Counter to JSON.
         * @function toJSON
         * @memberof bep.Counter
         * @instance
         * @returns {Object.<string,*>} JSON object
         */
        Counter.prototype.toJSON = function() {
            return Counter.toObject(this, $protobuf.util.toJSONOptions);
        };

        /**
         * Gets the type url for Counter
         * @function getTypeUrl
         * @memberof bep.Counter
         * @static
         * @param {string} [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns {string} The type url
         */
        Counter.getTypeUrl = function(prefix) {
            if (prefix === $undefined)
                prefix = "type.googleapis.com";
            return prefix + "/bep.Counter";
        };

        return Counter;
    })();

    bep.PlatformData = (function() {

        /**
         * Properties of a PlatformData.
         * @typedef {Object} bep.PlatformData.$Properties
         * @property {bep.UnixData.$Properties|null} [unix] PlatformData unix
         * @property {bep.WindowsData.$Properties|null} [windows] PlatformData windows
         * @property {bep.XattrData.$Properties|null} [linux] PlatformData linux
         * @property {bep.XattrData.$Properties|null} [darwin] PlatformData darwin
         * @property {bep.XattrData.$Properties|null} [freebsd] PlatformData freebsd
         * @property {bep.XattrData.$Properties|null} [netbsd] PlatformData netbsd
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a PlatformData.
         * @memberof bep
         * @interface IPlatformData
         * @augments bep.PlatformData.$Properties
         * @deprecated Use bep.PlatformData.$Properties instead.
         */

        /**
         * Shape of a PlatformData.
         * @typedef {bep.PlatformData.$Properties} bep.PlatformData.$Shape
         */

        /**
         * Constructs a new PlatformData.
         * @memberof bep
         * @classdesc Represents a PlatformData.
         * @constructor
         * @param {bep.PlatformData.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const PlatformData = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * PlatformData unix.
         * @member {bep.UnixData.$Properties|null|undefined} unix
         * @memberof bep.PlatformData
         * @instance
         */
        PlatformData.prototype.unix = null;

        /**
         * PlatformData windows.
         * @member {bep.WindowsData.$Properties|null|undefined} windows
         * @memberof bep.PlatformData
         * @instance
         */
        PlatformData.prototype.windows = null;

        /**
         * PlatformData linux.
         * @member {bep.XattrData.$Properties|null|undefined} linux
         * @memberof bep.PlatformData
         * @instance
         */
        PlatformData.prototype.linux = null;

        /**
         * PlatformData darwin.
         * @member {bep.XattrData.$Properties|null|undefined} darwin
         * @memberof bep.PlatformData
         * @instance
         */
        PlatformData.prototype.darwin = null;

        /**
         * PlatformData freebsd.
         * @member {bep.XattrData.$Properties|null|undefined} freebsd
         * @memberof bep.PlatformData
         * @instance
         */
        PlatformData.prototype.freebsd = null;

        /**
         * PlatformData netbsd.
         * @member {bep.XattrData.$Properties|null|undefined} netbsd
         * @memberof bep.PlatformData
         * @instance
         */
        PlatformData.prototype.netbsd = null;

        /**
         * Creates a new PlatformData instance using the specified properties.
         * @function create
         * @memberof bep.PlatformData
         * @static
         * @param {bep.PlatformData.$Properties=} [properties] Properties to set
         * @returns {bep.PlatformData} PlatformData instance
         * @type {{
         *   (properties: bep.PlatformData.$Shape): bep.PlatformData & bep.PlatformData.$Shape;
         *   (properties?: bep.PlatformData.$Properties): bep.PlatformData;
         * }}
         */
        PlatformData.create = function(properties) {
            return new PlatformData(properties);
        };

        /**
         * Encodes the specified PlatformData message. Does not implicitly {@link bep.PlatformData.verify|verify} messages.
         * @function encode
         * @memberof bep.PlatformData
         * @static
         * @param {bep.PlatformData.$Properties} message PlatformData message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        PlatformData.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.unix != null && $Object.hasOwnProperty.call(message, "unix"))
                $root.bep.UnixData.encode(message.unix, writer.uint32(/* id 1, wireType 2 =*/10).fork(), _depth + 1).ldelim();
            if (message.windows != null && $Object.hasOwnProperty.call(message, "windows"))
                $root.bep.WindowsData.encode(message.windows, writer.uint32(/* id 2, wireType 2 =*/18).fork(), _depth + 1).ldelim();
            if (message.linux != null && $Object.hasOwnProperty.call(message, "linux"))
                $root.bep.XattrData.encode(message.linux, writer.uint32(/* id 3, wireType 2 =*/26).fork(), _depth + 1).ldelim();
            if (message.darwin != null && $Object.hasOwnProperty.call(message, "darwin"))
                $root.bep.XattrData.encode(message.darwin, writer.uint32(/* id 4, wireType 2 =*/34).fork(), _depth + 1).ldelim();
            if (message.freebsd != null && $Object.hasOwnProperty.call(message, "freebsd"))
                $root.bep.XattrData.encode(message.freebsd, writer.uint32(/* id 5, wireType 2 =*/42).fork(), _depth + 1).ldelim();
            if (message.netbsd != null && $Object.hasOwnProperty.call(message, "netbsd"))
                $root.bep.XattrData.encode(message.netbsd, writer.uint32(/* id 6, wireType 2 =*/50).fork(), _depth + 1).ldelim();
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Encodes the specified PlatformData message, length delimited. Does not implicitly {@link bep.PlatformData.verify|verify} messages.
         * @function encodeDelimited
         * @memberof bep.PlatformData
         * @static
         * @param {bep.PlatformData.$Properties} message PlatformData message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        PlatformData.encodeDelimited = function(message, writer) {
            return this.encode(message, (writer || $Writer.create()).fork()).ldelim();
        };

        /**
         * Decodes a PlatformData message from the specified reader or buffer.
         * @function decode
         * @memberof bep.PlatformData
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {bep.PlatformData & bep.PlatformData.$Shape} PlatformData
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        PlatformData.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.bep.PlatformData();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        message.unix = $root.bep.UnixData.decode(reader, reader.size(), $undefined, _depth + 1, message.unix);
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        message.windows = $root.bep.WindowsData.decode(reader, reader.size(), $undefined, _depth + 1, message.windows);
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        message.linux = $root.bep.XattrData.decode(reader, reader.size(), $undefined, _depth + 1, message.linux);
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        message.darwin = $root.bep.XattrData.decode(reader, reader.size(), $undefined, _depth + 1, message.darwin);
                        continue;
                    }
                case 5: {
                        if (wireType !== 2)
                            break;
                        message.freebsd = $root.bep.XattrData.decode(reader, reader.size(), $undefined, _depth + 1, message.freebsd);
                        continue;
                    }
                case 6: {
                        if (wireType !== 2)
                            break;
                        message.netbsd = $root.bep.XattrData.decode(reader, reader.size(), $undefined, _depth + 1, message.netbsd);
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        /**
         * Decodes a PlatformData message from the specified reader or buffer, length delimited.
         * @function decodeDelimited
         * @memberof bep.PlatformData
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @returns {bep.PlatformData & bep.PlatformData.$Shape} PlatformData
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        PlatformData.decodeDelimited = function(reader) {
            if (!(reader instanceof $Reader))
                reader = new $Reader(reader);
            return this.decode(reader, reader.size());
        };

        /**
         * Verifies a PlatformData message.
         * @function verify
         * @memberof bep.PlatformData
         * @static
         * @param {Object.<string,*>} message Plain object to verify
         * @returns {string|null} `null` if valid, otherwise the reason why it is not
         */
        PlatformData.verify = function (message, _depth) {
            if (typeof message !== "object" || message === null)
                return "object expected";
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                return "max depth exceeded";
            if (message.unix != null && $Object.hasOwnProperty.call(message, "unix")) {
                let error = $root.bep.UnixData.verify(message.unix, _depth + 1);
                if (error)
                    return "unix." + error;
            }
            if (message.windows != null && $Object.hasOwnProperty.call(message, "windows")) {
                let error = $root.bep.WindowsData.verify(message.windows, _depth + 1);
                if (error)
                    return "windows." + error;
            }
            if (message.linux != null && $Object.hasOwnProperty.call(message, "linux")) {
                let error = $root.bep.XattrData.verify(message.linux, _depth + 1);
                if (error)
                    return "linux." + error;
            }
            if (message.darwin != null && $Object.hasOwnProperty.call(message, "darwin")) {
                let error = $root.bep.XattrData.verify(message.darwin, _depth + 1);
                if (error)
                    return "darwin." + error;
            }
            if (message.freebsd != null && $Object.hasOwnProperty.call(message, "freebsd")) {
                let error = $root.bep.XattrData.verify(message.freebsd, _depth + 1);
                if (error)
                    return "freebsd." + error;
            }
            if (message.netbsd != null && $Object.hasOwnProperty.call(message, "netbsd")) {
                let error = $root.bep.XattrData.verify(message.netbsd, _depth + 1);
                if (error)
                    return "netbsd." + error;
            }
            return null;
        };

        /**
         * Creates a PlatformData message from a plain object. Also converts values to their respective internal types.
         * @function fromObject
         * @memberof bep.PlatformData
         * @static
         * @param {Object.<string,*>} object Plain object
         * @returns {bep.PlatformData} PlatformData
         */
        PlatformData.fromObject = function (object, _depth) {
            if (object instanceof $root.bep.PlatformData)
                return object;
            if (!$util.isObject(object))
                throw $TypeError(".bep.PlatformData: object expected");
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let message = new $root.bep.PlatformData();
            if (object.unix != null) {
                if (!$util.isObject(object.unix))
                    throw $TypeError(".bep.PlatformData.unix: object expected");
                message.unix = $root.bep.UnixData.fromObject(object.unix, _depth + 1);
            }
            if (object.windows != null) {
                if (!$util.isObject(object.windows))
                    throw $TypeError(".bep.PlatformData.windows: object expected");
                message.windows = $root.bep.WindowsData.fromObject(object.windows, _depth + 1);
            }
            if (object.linux != null) {
                if (!$util.isObject(object.linux))
                    throw $TypeError(".bep.PlatformData.linux: object expected");
                message.linux = $root.bep.XattrData.fromObject(object.linux, _depth + 1);
            }
            if (object.darwin != null) {
                if (!$util.isObject(object.darwin))
                    throw $TypeError(".bep.PlatformData.darwin: object expected");
                message.darwin = $root.bep.XattrData.fromObject(object.darwin, _depth + 1);
            }
            if (object.freebsd != null) {
                if (!$util.isObject(object.freebsd))
                    throw $TypeError(".bep.PlatformData.freebsd: object expected");
                message.freebsd = $root.bep.XattrData.fromObject(object.freebsd, _depth + 1);
            }
            if (object.netbsd != null) {
                if (!$util.isObject(object.netbsd))
                    throw $TypeError(".bep.PlatformData.netbsd: object expected");
                message.netbsd = $root.bep.XattrData.fromObject(object.netbsd, _depth + 1);
            }
            return message;
        };

        /**
         * Creates a plain object from a PlatformData message. Also converts values to other types if specified.
         * @function toObject
         * @memberof bep.PlatformData
         * @static
         * @param {bep.PlatformData} message PlatformData
         * @param {$protobuf.IConversionOptions} [options] Conversion options
         * @returns {Object.<string,*>} Plain object
         */
        PlatformData.toObject = function (message, options, _depth) {
            if (!options)
                options = {};
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let object = {};
            if (options.defaults) {
                object.unix = null;
                object.windows = null;
                object.linux = null;
                object.darwin = null;
                object.freebsd = null;
                object.netbsd = null;
            }
            if (message.unix != null && $Object.hasOwnProperty.call(message, "unix"))
                object.unix = $root.bep.UnixData.toObject(message.unix, options, _depth + 1);
            if (message.windows != null && $Object.hasOwnProperty.call(message, "windows"))
                object.windows = $root.bep.WindowsData.toObject(message.windows, options, _depth + 1);
            if (message.linux != null && $Object.hasOwnProperty.call(message, "linux"))
                object.linux = $root.bep.XattrData.toObject(message.linux, options, _depth + 1);
            if (message.darwin != null && $Object.hasOwnProperty.call(message, "darwin"))
                object.darwin = $root.bep.XattrData.toObject(message.darwin, options, _depth + 1);
            if (message.freebsd != null && $Object.hasOwnProperty.call(message, "freebsd"))
                object.freebsd = $root.bep.XattrData.toObject(message.freebsd, options, _depth + 1);
            if (message.netbsd != null && $Object.hasOwnProperty.call(message, "netbsd"))
                object.netbsd = $root.bep.XattrData.toObject(message.netbsd, options, _depth + 1);
            return object;
        };

        /**
         * Converts this PlatformData to JSON.
         * @function toJSON
         * @memberof bep.PlatformData
         * @instance
         * @returns {Object.<string,*>} JSON object
         */
        PlatformData.prototype.toJSON = function() {
            return PlatformData.toObject(this, $protobuf.util.toJSONOptions);
        };

        /**
         * Gets the type url for PlatformData
         * @function getTypeUrl
         * @memberof bep.PlatformData
         * @static
         * @param {string} [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns {string} The type url
         */
        PlatformData.getTypeUrl = function(prefix) {
            if (prefix === $undefined)
                prefix = "type.googleapis.com";
            return prefix + "/bep.PlatformData";
        };

        return PlatformData;
    })();

    bep.UnixData = (function() {

        /**
         * Properties of a UnixData.
         * @typedef {Object} bep.UnixData.$Properties
         * @property {string|null} [ownerName] UnixData ownerName
         * @property {string|null} [groupName] UnixData groupName
         * @property {number|null} [uid] UnixData uid
         * @property {number|null} [gid] UnixData gid
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a UnixData.
         * @memberof bep
         * @interface IUnixData
         * @augments bep.UnixData.$Properties
         * @deprecated Use bep.UnixData.$Properties instead.
         */

        /**
         * Shape of a UnixData.
         * @typedef {bep.UnixData.$Properties} bep.UnixData.$Shape
         */

        /**
         * Constructs a new UnixData.
         * @memberof bep
         * @classdesc Represents a UnixData.
         * @constructor
         * @param {bep.UnixData.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const UnixData = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * UnixData ownerName.
         * @member {string} ownerName
         * @memberof bep.UnixData
         * @instance
         */
        UnixData.prototype.ownerName = "";

        /**
         * UnixData groupName.
         * @member {string} groupName
         * @memberof bep.UnixData
         * @instance
         */
        UnixData.prototype.groupName = "";

        /**
         * UnixData uid.
         * @member {number} uid
         * @memberof bep.UnixData
         * @instance
         */
        UnixData.prototype.uid = 0;

        /**
         * UnixData gid.
         * @member {number} gid
         * @memberof bep.UnixData
         * @instance
         */
        UnixData.prototype.gid = 0;

        /**
         * Creates a new UnixData instance using the specified properties.
         * @function create
         * @memberof bep.UnixData
         * @static
         * @param {bep.UnixData.$Properties=} [properties] Properties to set
         * @returns {bep.UnixData} UnixData instance
         * @type {{
         *   (properties: bep.UnixData.$Shape): bep.UnixData & bep.UnixData.$Shape;
         *   (properties?: bep.UnixData.$Properties): bep.UnixData;
         * }}
         */
        UnixData.create = function(properties) {
            return new UnixData(properties);
        };

        /**
         * Encodes the specified UnixData message. Does not implicitly {@link bep.UnixData.verify|verify} messages.
         * @function encode
         * @memberof bep.UnixData
         * @static
         * @param {bep.UnixData.$Properties} message UnixData message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        UnixData.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.ownerName != null && $Object.hasOwnProperty.call(message, "ownerName") && message.ownerName !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.ownerName);
            if (message.groupName != null && $Object.hasOwnProperty.call(message, "groupName") && message.groupName !== "")
                writer.uint32(/* id 2, wireType 2 =*/18).string(message.groupName);
            if (message.uid != null && $Object.hasOwnProperty.call(message, "uid") && message.uid !== 0)
                writer.uint32(/* id 3, wireType 0 =*/24).int32(message.uid);
            if (message.gid != null && $Object.hasOwnProperty.call(message, "gid") && message.gid !== 0)
                writer.uint32(/* id 4, wireType 0 =*/32).int32(message.gid);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Encodes the specified UnixData message, length delimited. Does not implicitly {@link bep.UnixData.verify|verify} messages.
         * @function encodeDelimited
         * @memberof bep.UnixData
         * @static
         * @param {bep.UnixData.$Properties} message UnixData message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        UnixData.encodeDelimited = function(message, writer) {
            return this.encode(message, (writer || $Writer.create()).fork()).ldelim();
        };

        /**
         * Decodes a UnixData message from the specified reader or buffer.
         * @function decode
         * @memberof bep.UnixData
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {bep.UnixData & bep.UnixData.$Shape} UnixData
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        UnixData.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.bep.UnixData();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.ownerName = value;
                        else
                            delete message.ownerName;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.groupName = value;
                        else
                            delete message.groupName;
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.int32())
                            message.uid = value;
                        else
                            delete message.uid;
                        continue;
                    }
                case 4: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.int32())
                            message.gid = value;
                        else
                            delete message.gid;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        /**
         * Decodes a UnixData message from the specified reader or buffer, length delimited.
         * @function decodeDelimited
         * @memberof bep.UnixData
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @returns {bep.UnixData & bep.UnixData.$Shape} UnixData
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        UnixData.decodeDelimited = function(reader) {
            if (!(reader instanceof $Reader))
                reader = new $Reader(reader);
            return this.decode(reader, reader.size());
        };

        /**
         * Verifies a UnixData message.
         * @function verify
         * @memberof bep.UnixData
         * @static
         * @param {Object.<string,*>} message Plain object to verify
         * @returns {string|null} `null` if valid, otherwise the reason why it is not
         */
        UnixData.verify = function (message, _depth) {
            if (typeof message !== "object" || message === null)
                return "object expected";
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                return "max depth exceeded";
            if (message.ownerName != null && $Object.hasOwnProperty.call(message, "ownerName"))
                if (!$util.isString(message.ownerName))
                    return "ownerName: string expected";
            if (message.groupName != null && $Object.hasOwnProperty.call(message, "groupName"))
                if (!$util.isString(message.groupName))
                    return "groupName: string expected";
            if (message.uid != null && $Object.hasOwnProperty.call(message, "uid"))
                if (!$util.isInteger(message.uid))
                    return "uid: integer expected";
            if (message.gid != null && $Object.hasOwnProperty.call(message, "gid"))
                if (!$util.isInteger(message.gid))
                    return "gid: integer expected";
            return null;
        };

        /**
         * Creates a UnixData message from a plain object. Also converts values to their respective internal types.
         * @function fromObject
         * @memberof bep.UnixData
         * @static
         * @param {Object.<string,*>} object Plain object
         * @returns {bep.UnixData} UnixData
         */
        UnixData.fromObject = function (object, _depth) {
            if (object instanceof $root.bep.UnixData)
                return object;
            if (!$util.isObject(object))
                throw $TypeError(".bep.UnixData: object expected");
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let message = new $root.bep.UnixData();
            if (object.ownerName != null)
                if (typeof object.ownerName !== "string" || object.ownerName.length)
                    message.ownerName = $String(object.ownerName);
            if (object.groupName != null)
                if (typeof object.groupName !== "string" || object.groupName.length)
                    message.groupName = $String(object.groupName);
            if (object.uid != null)
                if ($Number(object.uid) !== 0)
                    message.uid = object.uid | 0;
            if (object.gid != null)
                if ($Number(object.gid) !== 0)
                    message.gid = object.gid | 0;
            return message;
        };

        /**
         * Creates a plain object from a UnixData message. Also converts values to other types if specified.
         * @function toObject
         * @memberof bep.UnixData
         * @static
         * @param {bep.UnixData} message UnixData
         * @param {$protobuf.IConversionOptions} [options] Conversion options
         * @returns {Object.<string,*>} Plain object
         */
        UnixData.toObject = function (message, options, _depth) {
            if (!options)
                options = {};
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let object = {};
            if (options.defaults) {
                object.ownerName = "";
                object.groupName = "";
                object.uid = 0;
                object.gid = 0;
            }
            if (message.ownerName != null && $Object.hasOwnProperty.call(message, "ownerName"))
                object.ownerName = message.ownerName;
            if (message.groupName != null && $Object.hasOwnProperty.call(message, "groupName"))
                object.groupName = message.groupName;
            if (message.uid != null && $Object.hasOwnProperty.call(message, "uid"))
                object.uid = message.uid;
            if (message.gid != null && $Object.hasOwnProperty.call(message, "gid"))
                object.gid = message.gid;
            return object;
        };

        /**
         * Converts this UnixData to JSON.
         * @function toJSON
         * @memberof bep.UnixData
         * @instance
         * @returns {Object.<string,*>} JSON object
         */
        UnixData.prototype.toJSON = function() {
            return UnixData.toObject(this, $protobuf.util.toJSONOptions);
        };

        /**
         * Gets the type url for UnixData
         * @function getTypeUrl
         * @memberof bep.UnixData
         * @static
         * @param {string} [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns {string} The type url
         */
        UnixData.getTypeUrl = function(prefix) {
            if (prefix === $undefined)
                prefix = "type.googleapis.com";
            return prefix + "/bep.UnixData";
        };

        return UnixData;
    })();

    bep.WindowsData = (function() {

        /**
         * Properties of a WindowsData.
         * @typedef {Object} bep.WindowsData.$Properties
         * @property {string|null} [ownerName] WindowsData ownerName
         * @property {boolean|null} [ownerIsGroup] WindowsData ownerIsGroup
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a WindowsData.
         * @memberof bep
         * @interface IWindowsData
         * @augments bep.WindowsData.$Properties
         * @deprecated Use bep.WindowsData.$Properties instead.
         */

        /**
         * Shape of a WindowsData.
         * @typedef {bep.WindowsData.$Properties} bep.WindowsData.$Shape
         */

        /**
         * Constructs a new WindowsData.
         * @memberof bep
         * @classdesc Represents a WindowsData.
         * @constructor
         * @param {bep.WindowsData.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const WindowsData = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * WindowsData ownerName.
         * @member {string} ownerName
         * @memberof bep.WindowsData
         * @instance
         */
        WindowsData.prototype.ownerName = "";

        /**
         * WindowsData ownerIsGroup.
         * @member {boolean} ownerIsGroup
         * @memberof bep.WindowsData
         * @instance
         */
        WindowsData.prototype.ownerIsGroup = false;

        /**
         * Creates a new WindowsData instance using the specified properties.
         * @function create
         * @memberof bep.WindowsData
         * @static
         * @param {bep.WindowsData.$Properties=} [properties] Properties to set
         * @returns {bep.WindowsData} WindowsData instance
         * @type {{
         *   (properties: bep.WindowsData.$Shape): bep.WindowsData & bep.WindowsData.$Shape;
         *   (properties?: bep.WindowsData.$Properties): bep.WindowsData;
         * }}
         */
        WindowsData.create = function(properties) {
            return new WindowsData(properties);
        };

        /**
         * Encodes the specified WindowsData message. Does not implicitly {@link bep.WindowsData.verify|verify} messages.
         * @function encode
         * @memberof bep.WindowsData
         * @static
         * @param {bep.WindowsData.$Properties} message WindowsData message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        WindowsData.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.ownerName != null && $Object.hasOwnProperty.call(message, "ownerName") && message.ownerName !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.ownerName);
            if (message.ownerIsGroup != null && $Object.hasOwnProperty.call(message, "ownerIsGroup") && message.ownerIsGroup !== false)
                writer.uint32(/* id 2, wireType 0 =*/16).bool(message.ownerIsGroup);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Encodes the specified WindowsData message, length delimited. Does not implicitly {@link bep.WindowsData.verify|verify} messages.
         * @function encodeDelimited
         * @memberof bep.WindowsData
         * @static
         * @param {bep.WindowsData.$Properties} message WindowsData message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        WindowsData.encodeDelimited = function(message, writer) {
            return this.encode(message, (writer || $Writer.create()).fork()).ldelim();
        };

        /**
         * Decodes a WindowsData message from the specified reader or buffer.
         * @function decode
         * @memberof bep.WindowsData
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {bep.WindowsData & bep.WindowsData.$Shape} WindowsData
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        WindowsData.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.bep.WindowsData();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.ownerName = value;
                        else
                            delete message.ownerName;
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.bool())
                            message.ownerIsGroup = value;
                        else
                            delete message.ownerIsGroup;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        /**
         * Decodes a WindowsData message from the specified reader or buffer, length delimited.
         * @function decodeDelimited
         * @memberof bep.WindowsData
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @returns {bep.WindowsData & bep.WindowsData.$Shape} WindowsData
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        WindowsData.decodeDelimited = function(reader) {
            if (!(reader instanceof $Reader))
                reader = new $Reader(reader);
            return this.decode(reader, reader.size());
        };

        /**
         * Verifies a WindowsData message.
         * @function verify
         * @memberof bep.WindowsData
         * @static
         * @param {Object.<string,*>} message Plain object to verify
         * @returns {string|null} `null` if valid, otherwise the reason why it is not
         */
        WindowsData.verify = function (message, _depth) {
            if (typeof message !== "object" || message === null)
                return "object expected";
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                return "max depth exceeded";
            if (message.ownerName != null && $Object.hasOwnProperty.call(message, "ownerName"))
                if (!$util.isString(message.ownerName))
                    return "ownerName: string expected";
            if (message.ownerIsGroup != null && $Object.hasOwnProperty.call(message, "ownerIsGroup"))
                if (typeof message.ownerIsGroup !== "boolean")
                    return "ownerIsGroup: boolean expected";
            return null;
        };

        /**
         * Creates a WindowsData message from a plain object. Also converts values to their respective internal types.
         * @function fromObject
         * @memberof bep.WindowsData
         * @static
         * @param {Object.<string,*>} object Plain object
         * @returns {bep.WindowsData} WindowsData
         */
        WindowsData.fromObject = function (object, _depth) {
            if (object instanceof $root.bep.WindowsData)
                return object;
            if (!$util.isObject(object))
                throw $TypeError(".bep.WindowsData: object expected");
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let message = new $root.bep.WindowsData();
            if (object.ownerName != null)
                if (typeof object.ownerName !== "string" || object.ownerName.length)
                    message.ownerName = $String(object.ownerName);
            if (object.ownerIsGroup != null)
                if (object.ownerIsGroup)
                    message.ownerIsGroup = $Boolean(object.ownerIsGroup);
            return message;
        };

        /**
         * Creates a plain object from a WindowsData message. Also converts values to other types if specified.
         * @function toObject
         * @memberof bep.WindowsData
         * @static
         * @param {bep.WindowsData} message WindowsData
         * @param {$protobuf.IConversionOptions} [options] Conversion options
         * @returns {Object.<string,*>} Plain object
         */
        WindowsData.toObject = function (message, options, _depth) {
            if (!options)
                options = {};
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let object = {};
            if (options.defaults) {
                object.ownerName = "";
                object.ownerIsGroup = false;
            }
            if (message.ownerName != null && $Object.hasOwnProperty.call(message, "ownerName"))
                object.ownerName = message.ownerName;
            if (message.ownerIsGroup != null && $Object.hasOwnProperty.call(message, "ownerIsGroup"))
                object.ownerIsGroup = message.ownerIsGroup;
            return object;
        };

        /**
         * Converts this WindowsData to JSON.
         * @function toJSON
         * @memberof bep.WindowsData
         * @instance
         * @returns {Object.<string,*>} JSON object
         */
        WindowsData.prototype.toJSON = function() {
            return WindowsData.toObject(this, $protobuf.util.toJSONOptions);
        };

        /**
         * Gets the type url for WindowsData
         * @function getTypeUrl
         * @memberof bep.WindowsData
         * @static
         * @param {string} [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns {string} The type url
         */
        WindowsData.getTypeUrl = function(prefix) {
            if (prefix === $undefined)
                prefix = "type.googleapis.com";
            return prefix + "/bep.WindowsData";
        };

        return WindowsData;
    })();

    bep.XattrData = (function() {

        /**
         * Properties of a XattrData.
         * @typedef {Object} bep.XattrData.$Properties
         * @property {Array.<bep.Xattr.$Properties>|null} [xattrs] XattrData xattrs
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a XattrData.
         * @memberof bep
         * @interface IXattrData
         * @augments bep.XattrData.$Properties
         * @deprecated Use bep.XattrData.$Properties instead.
         */

        /**
         * Shape of a XattrData.
         * @typedef {bep.XattrData.$Properties} bep.XattrData.$Shape
         */

        /**
         * Constructs a new XattrData.
         * @memberof bep
         * @classdesc Represents a XattrData.
         * @constructor
         * @param {bep.XattrData.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const XattrData = function (properties) {
            this.xattrs = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * XattrData xattrs.
         * @member {Array.<bep.Xattr.$Properties>} xattrs
         * @memberof bep.XattrData
         * @instance
         */
        XattrData.prototype.xattrs = $util.emptyArray;

        /**
         * Creates a new XattrData instance using the specified properties.
         * @function create
         * @memberof bep.XattrData
         * @static
         * @param {bep.XattrData.$Properties=} [properties] Properties to set
         * @returns {bep.XattrData} XattrData instance
         * @type {{
         *   (properties: bep.XattrData.$Shape): bep.XattrData & bep.XattrData.$Shape;
         *   (properties?: bep.XattrData.$Properties): bep.XattrData;
         * }}
         */
        XattrData.create = function(properties) {
            return new XattrData(properties);
        };

        /**
         * Encodes the specified XattrData message. Does not implicitly {@link bep.XattrData.verify|verify} messages.
         * @function encode
         * @memberof bep.XattrData
         * @static
         * @param {bep.XattrData.$Properties} message XattrData message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        XattrData.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.xattrs != null && message.xattrs.length)
                for (let i = 0; i < message.xattrs.length; ++i)
                    $root.bep.Xattr.encode(message.xattrs[i], writer.uint32(/* id 1, wireType 2 =*/10).fork(), _depth + 1).ldelim();
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Encodes the specified XattrData message, length delimited. Does not implicitly {@link bep.XattrData.verify|verify} messages.
         * @function encodeDelimited
         * @memberof bep.XattrData
         * @static
         * @param {bep.XattrData.$Properties} message XattrData message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        XattrData.encodeDelimited = function(message, writer) {
            return this.encode(message, (writer || $Writer.create()).fork()).ldelim();
        };

        /**
         * Decodes a XattrData message from the specified reader or buffer.
         * @function decode
         * @memberof bep.XattrData
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {bep.XattrData & bep.XattrData.$Shape} XattrData
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        XattrData.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.bep.XattrData();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if (!(message.xattrs && message.xattrs.length))
                            message.xattrs = [];
                        message.xattrs.push($root.bep.Xattr.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        /**
         * Decodes a XattrData message from the specified reader or buffer, length delimited.
         * @function decodeDelimited
         * @memberof bep.XattrData
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @returns {bep.XattrData & bep.XattrData.$Shape} XattrData
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        XattrData.decodeDelimited = function(reader) {
            if (!(reader instanceof $Reader))
                reader = new $Reader(reader);
            return this.decode(reader, reader.size());
        };

        /**
         * Verifies a XattrData message.
         * @function verify
         * @memberof bep.XattrData
         * @static
         * @param {Object.<string,*>} message Plain object to verify
         * @returns {string|null} `null` if valid, otherwise the reason why it is not
         */
        XattrData.verify = function (message, _depth) {
            if (typeof message !== "object" || message === null)
                return "object expected";
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                return "max depth exceeded";
            if (message.xattrs != null && $Object.hasOwnProperty.call(message, "xattrs")) {
                if (!$Array.isArray(message.xattrs))
                    return "xattrs: array expected";
                for (let i = 0; i < message.xattrs.length; ++i) {
                    let error = $root.bep.Xattr.verify(message.xattrs[i], _depth + 1);
                    if (error)
                        return "xattrs." + error;
                }
            }
            return null;
        };

        /**
         * Creates a XattrData message from a plain object. Also converts values to their respective internal types.
         * @function fromObject
         * @memberof bep.XattrData
         * @static
         * @param {Object.<string,*>} object Plain object
         * @returns {bep.XattrData} XattrData
         */
        XattrData.fromObject = function (object, _depth) {
            if (object instanceof $root.bep.XattrData)
                return object;
            if (!$util.isObject(object))
                throw $TypeError(".bep.XattrData: object expected");
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let message = new $root.bep.XattrData();
            if (object.xattrs) {
                if (!$Array.isArray(object.xattrs))
                    throw $TypeError(".bep.XattrData.xattrs: array expected");
                message.xattrs = $Array(object.xattrs.length);
                for (let i = 0; i < object.xattrs.length; ++i) {
                    if (!$util.isObject(object.xattrs[i]))
                        throw $TypeError(".bep.XattrData.xattrs: object expected");
                    message.xattrs[i] = $root.bep.Xattr.fromObject(object.xattrs[i], _depth + 1);
                }
            }
            return message;
        };

        /**
         * Creates a plain object from a XattrData message. Also converts values to other types if specified.
         * @function toObject
         * @memberof bep.XattrData
         * @static
         * @param {bep.XattrData} message XattrData
         * @param {$protobuf.IConversionOptions} [options] Conversion options
         * @returns {Object.<string,*>} Plain object
         */
        XattrData.toObject = function (message, options, _depth) {
            if (!options)
                options = {};
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let object = {};
            if (options.arrays || options.defaults)
                object.xattrs = [];
            if (message.xattrs && message.xattrs.length) {
                object.xattrs = $Array(message.xattrs.length);
                for (let j = 0; j < message.xattrs.length; ++j)
                    object.xattrs[j] = $root.bep.Xattr.toObject(message.xattrs[j], options, _depth + 1);
            }
            return object;
        };

        /**
         * Converts this XattrData to JSON.
         * @function toJSON
         * @memberof bep.XattrData
         * @instance
         * @returns {Object.<string,*>} JSON object
         */
        XattrData.prototype.toJSON = function() {
            return XattrData.toObject(this, $protobuf.util.toJSONOptions);
        };

        /**
         * Gets the type url for XattrData
         * @function getTypeUrl
         * @memberof bep.XattrData
         * @static
         * @param {string} [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns {string} The type url
         */
        XattrData.getTypeUrl = function(prefix) {
            if (prefix === $undefined)
                prefix = "type.googleapis.com";
            return prefix + "/bep.XattrData";
        };

        return XattrData;
    })();

    bep.Xattr = (function() {

        /**
         * Properties of a Xattr.
         * @typedef {Object} bep.Xattr.$Properties
         * @property {string|null} [name] Xattr name
         * @property {Uint8Array|null} [value] Xattr value
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Xattr.
         * @memberof bep
         * @interface IXattr
         * @augments bep.Xattr.$Properties
         * @deprecated Use bep.Xattr.$Properties instead.
         */

        /**
         * Shape of a Xattr.
         * @typedef {bep.Xattr.$Properties} bep.Xattr.$Shape
         */

        /**
         * Constructs a new Xattr.
         * @memberof bep
         * @classdesc Represents a Xattr.
         * @constructor
         * @param {bep.Xattr.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Xattr = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Xattr name.
         * @member {string} name
         * @memberof bep.Xattr
         * @instance
         */
        Xattr.prototype.name = "";

        /**
         * Xattr value.
         * @member {Uint8Array} value
         * @memberof bep.Xattr
         * @instance
         */
        Xattr.prototype.value = $util.newBuffer([]);

        /**
         * Creates a new Xattr instance using the specified properties.
         * @function create
         * @memberof bep.Xattr
         * @static
         * @param {bep.Xattr.$Properties=} [properties] Properties to set
         * @returns {bep.Xattr} Xattr instance
         * @type {{
         *   (properties: bep.Xattr.$Shape): bep.Xattr & bep.Xattr.$Shape;
         *   (properties?: bep.Xattr.$Properties): bep.Xattr;
         * }}
         */
        Xattr.create = function(properties) {
            return new Xattr(properties);
        };

        /**
         * Encodes the specified Xattr message. Does not implicitly {@link bep.Xattr.verify|verify} messages.
         * @function encode
         * @memberof bep.Xattr
         * @static
         * @param {bep.Xattr.$Properties} message Xattr message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Xattr.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.name != null && $Object.hasOwnProperty.call(message, "name") && message.name !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.name);
            if (message.value != null && $Object.hasOwnProperty.call(message, "value") && message.value.length)
                writer.uint32(/* id 2, wireType 2 =*/18).bytes(message.value);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Encodes the specified Xattr message, length delimited. Does not implicitly {@link bep.Xattr.verify|verify} messages.
         * @function encodeDelimited
         * @memberof bep.Xattr
         * @static
         * @param {bep.Xattr.$Properties} message Xattr message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Xattr.encodeDelimited = function(message, writer) {
            return this.encode(message, (writer || $Writer.create()).fork()).ldelim();
        };

        /**
         * Decodes a Xattr message from the specified reader or buffer.
         * @function decode
         * @memberof bep.Xattr
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {bep.Xattr & bep.Xattr.$Shape} Xattr
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Xattr.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.bep.Xattr();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.name = value;
                        else
                            delete message.name;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.value = value;
                        else
                            delete message.value;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        /**
         * Decodes a Xattr message from the specified reader or buffer, length delimited.
         * @function decodeDelimited
         * @memberof bep.Xattr
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @returns {bep.Xattr & bep.Xattr.$Shape} Xattr
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Xattr.decodeDelimited = function(reader) {
            if (!(reader instanceof $Reader))
                reader = new $Reader(reader);
            return this.decode(reader, reader.size());
        };

        /**
         * Verifies a Xattr message.
         * @function verify
         * @memberof bep.Xattr
         * @static
         * @param {Object.<string,*>} message Plain object to verify
         * @returns {string|null} `null` if valid, otherwise the reason why it is not
         */
        Xattr.verify = function (message, _depth) {
            if (typeof message !== "object" || message === null)
                return "object expected";
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                return "max depth exceeded";
            if (message.name != null && $Object.hasOwnProperty.call(message, "name"))
                if (!$util.isString(message.name))
                    return "name: string expected";
            if (message.value != null && $Object.hasOwnProperty.call(message, "value"))
                if (!(message.value && typeof message.value.length === "number" || $util.isString(message.value)))
                    return "value: buffer expected";
            return null;
        };

        /**
         * Creates a Xattr message from a plain object. Also converts values to their respective internal types.
         * @function fromObject
         * @memberof bep.Xattr
         * @static
         * @param {Object.<string,*>} object Plain object
         * @returns {bep.Xattr} Xattr
         */
        Xattr.fromObject = function (object, _depth) {
            if (object instanceof $root.bep.Xattr)
                return object;
            if (!$util.isObject(object))
                throw $TypeError(".bep.Xattr: object expected");
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let message = new $root.bep.Xattr();
            if (object.name != null)
                if (typeof object.name !== "string" || object.name.length)
                    message.name = $String(object.name);
            if (object.value != null)
                if (object.value.length)
                    if (typeof object.value === "string")
                        $util.base64.decode(object.value, message.value = $util.newBuffer($util.base64.length(object.value)), 0);
                    else if (object.value.length >= 0)
                        message.value = object.value;
            return message;
        };

        /**
         * Creates a plain object from a Xattr message. Also converts values to other types if specified.
         * @function toObject
         * @memberof bep.Xattr
         * @static
         * @param {bep.Xattr} message Xattr
         * @param {$protobuf.IConversionOptions} [options] Conversion options
         * @returns {Object.<string,*>} Plain object
         */
        Xattr.toObject = function (message, options, _depth) {
            if (!options)
                options = {};
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let object = {};
            if (options.defaults) {
                object.name = "";
                if (options.bytes === $String)
                    object.value = "";
                else {
                    object.value = [];
                    if (options.bytes !== $Array)
                        object.value = $util.newBuffer(object.value);
                }
            }
            if (message.name != null && $Object.hasOwnProperty.call(message, "name"))
                object.name = message.name;
            if (message.value != null && $Object.hasOwnProperty.call(message, "value"))
                object.value = options.bytes === $String ? $util.base64.encode(message.value, 0, message.value.length) : options.bytes === $Array ? $Array.prototype.slice.call(message.value) : message.value;
            return object;
        };

        /**
         * Converts this Xattr to JSON.
         * @function toJSON
         * @memberof bep.Xattr
         * @instance
         * @returns {Object.<string,*>} JSON object
         */
        Xattr.prototype.toJSON = function() {
            return Xattr.toObject(this, $protobuf.util.toJSONOptions);
        };

        /**
         * Gets the type url for Xattr
         * @function getTypeUrl
         * @memberof bep.Xattr
         * @static
         * @param {string} [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns {string} The type url
         */
        Xattr.getTypeUrl = function(prefix) {
            if (prefix === $undefined)
                prefix = "type.googleapis.com";
            return prefix + "/bep.Xattr";
        };

        return Xattr;
    })();

    bep.Request = (function() {

        /**
         * Properties of a Request.
         * @typedef {Object} bep.Request.$Properties
         * @property {number|null} [id] Request id
         * @property {string|null} [folder] Request folder
         * @property {string|null} [name] Request name
         * @property {Long|null} [offset] Request offset
         * @property {number|null} [size] Request size
         * @property {Uint8Array|null} [hash] Request hash
         * @property {boolean|null} [fromTemporary] Request fromTemporary
         * @property {number|null} [weakHash] Request weakHash
         * @property {number|null} [blockNo] Request blockNo
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Request.
         * @memberof bep
         * @interface IRequest
         * @augments bep.Request.$Properties
         * @deprecated Use bep.Request.$Properties instead.
         */

        /**
         * Shape of a Request.
         * @typedef {bep.Request.$Properties} bep.Request.$Shape
         */

        /**
         * Constructs a new Request.
         * @memberof bep
         * @classdesc Represents a Request.
         * @constructor
         * @param {bep.Request.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Request = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Request id.
         * @member {number} id
         * @memberof bep.Request
         * @instance
         */
        Request.prototype.id = 0;

        /**
         * Request folder.
         * @member {string} folder
         * @memberof bep.Request
         * @instance
         */
        Request.prototype.folder = "";

        /**
         * Request name.
         * @member {string} name
         * @memberof bep.Request
         * @instance
         */
        Request.prototype.name = "";

        /**
         * Request offset.
         * @member {Long} offset
         * @memberof bep.Request
         * @instance
         */
        Request.prototype.offset = $util.Long ? $util.Long.fromBits(0,0,false) : 0;

        /**
         * Request size.
         * @member {number} size
         * @memberof bep.Request
         * @instance
         */
        Request.prototype.size = 0;

        /**
         * Request hash.
         * @member {Uint8Array} hash
         * @memberof bep.Request
         * @instance
         */
        Request.prototype.hash = $util.newBuffer([]);

        /**
         * Request fromTemporary.
         * @member {boolean} fromTemporary
         * @memberof bep.Request
         * @instance
         */
        Request.prototype.fromTemporary = false;

        /**
         * Request weakHash.
         * @member {number} weakHash
         * @memberof bep.Request
         * @instance
         */
        Request.prototype.weakHash = 0;

        /**
         * Request blockNo.
         * @member {number} blockNo
         * @memberof bep.Request
         * @instance
         */
        Request.prototype.blockNo = 0;

        /**
         * Creates a new Request instance using the specified properties.
         * @function create
         * @memberof bep.Request
         * @static
         * @param {bep.Request.$Properties=} [properties] Properties to set
         * @returns {bep.Request} Request instance
         * @type {{
         *   (properties: bep.Request.$Shape): bep.Request & bep.Request.$Shape;
         *   (properties?: bep.Request.$Properties): bep.Request;
         * }}
         */
        Request.create = function(properties) {
            return new Request(properties);
        };

        /**
         * Encodes the specified Request message. Does not implicitly {@link bep.Request.verify|verify} messages.
         * @function encode
         * @memberof bep.Request
         * @static
         * @param {bep.Request.$Properties} message Request message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Request.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.id != null && $Object.hasOwnProperty.call(message, "id") && message.id !== 0)
                writer.uint32(/* id 1, wireType 0 =*/8).int32(message.id);
            if (message.folder != null && $Object.hasOwnProperty.call(message, "folder") && message.folder !== "")
                writer.uint32(/* id 2, wireType 2 =*/18).string(message.folder);
            if (message.name != null && $Object.hasOwnProperty.call(message, "name") && message.name !== "")
                writer.uint32(/* id 3, wireType 2 =*/26).string(message.name);
            if (message.offset != null && $Object.hasOwnProperty.call(message, "offset") && (typeof message.offset === "object" ? message.offset.low || message.offset.high : message.offset !== 0))
                writer.uint32(/* id 4, wireType 0 =*/32).int64(message.offset);
            if (message.size != null && $Object.hasOwnProperty.call(message, "size") && message.size !== 0)
                writer.uint32(/* id 5, wireType 0 =*/40).int32(message.size);
            if (message.hash != null && $Object.hasOwnProperty.call(message, "hash") && message.hash.length)
                writer.uint32(/* id 6, wireType 2 =*/50).bytes(message.hash);
            if (message.fromTemporary != null && $Object.hasOwnProperty.call(message, "fromTemporary") && message.fromTemporary !== false)
                writer.uint32(/* id 7, wireType 0 =*/56).bool(message.fromTemporary);
            if (message.weakHash != null && $Object.hasOwnProperty.call(message, "weakHash") && message.weakHash !== 0)
                writer.uint32(/* id 8, wireType 0 =*/64).uint32(message.weakHash);
            if (message.blockNo != null && $Object.hasOwnProperty.call(message, "blockNo") && message.blockNo !== 0)
                writer.uint32(/* id 9, wireType 0 =*/72).int32(message.blockNo);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Encodes the specified Request message, length delimited. Does not implicitly {@link bep.Request.verify|verify} messages.
         * @function encodeDelimited
         * @memberof bep.Request
         * @static
         * @param {bep.Request.$Properties} message Request message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Request.encodeDelimited = function(message, writer) {
            return this.encode(message, (writer || $Writer.create()).fork()).ldelim();
        };

        /**
         * Decodes a Request message from the specified reader or buffer.
         * @function decode
         * @memberof bep.Request
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {bep.Request & bep.Request.$Shape} Request
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Request.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.bep.Request();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.int32())
                            message.id = value;
                        else
                            delete message.id;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.folder = value;
                        else
                            delete message.folder;
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.name = value;
                        else
                            delete message.name;
                        continue;
                    }
                case 4: {
                        if (wireType !== 0)
                            break;
                        if (typeof (value = reader.int64()) === "object" ? value.low || value.high : value !== 0)
                            message.offset = value;
                        else
                            delete message.offset;
                        continue;
                    }
                case 5: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.int32())
                            message.size = value;
                        else
                            delete message.size;
                        continue;
                    }
                case 6: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.hash = value;
                        else
                            delete message.hash;
                        continue;
                    }
                case 7: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.bool())
                            message.fromTemporary = value;
                        else
                            delete message.fromTemporary;
                        continue;
                    }
                case 8: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.uint32())
                            message.weakHash = value;
                        else
                            delete message.weakHash;
                        continue;
                    }
                case 9: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.int32())
                            message.blockNo = value;
                        else
                            delete message.blockNo;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        /**
         * Decodes a Request message from the specified reader or buffer, length delimited.
         * @function decodeDelimited
         * @memberof bep.Request
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @returns {bep.Request & bep.Request.$Shape} Request
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Request.decodeDelimited = function(reader) {
            if (!(reader instanceof $Reader))
                reader = new $Reader(reader);
            return this.decode(reader, reader.size());
        };

        /**
         * Verifies a Request message.
         * @function verify
         * @memberof bep.Request
         * @static
         * @param {Object.<string,*>} message Plain object to verify
         * @returns {string|null} `null` if valid, otherwise the reason why it is not
         */
        Request.verify = function (message, _depth) {
            if (typeof message !== "object" || message === null)
                return "object expected";
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                return "max depth exceeded";
            if (message.id != null && $Object.hasOwnProperty.call(message, "id"))
                if (!$util.isInteger(message.id))
                    return "id: integer expected";
            if (message.folder != null && $Object.hasOwnProperty.call(message, "folder"))
                if (!$util.isString(message.folder))
                    return "folder: string expected";
            if (message.name != null && $Object.hasOwnProperty.call(message, "name"))
                if (!$util.isString(message.name))
                    return "name: string expected";
            if (message.offset != null && $Object.hasOwnProperty.call(message, "offset"))
                if (!$util.isInteger(message.offset) && !(message.offset && $util.isInteger(message.offset.low) && $util.isInteger(message.offset.high)))
                    return "offset: integer|Long expected";
            if (message.size != null && $Object.hasOwnProperty.call(message, "size"))
                if (!$util.isInteger(message.size))
                    return "size: integer expected";
            if (message.hash != null && $Object.hasOwnProperty.call(message, "hash"))
                if (!(message.hash && typeof message.hash.length === "number" || $util.isString(message.hash)))
                    return "hash: buffer expected";
            if (message.fromTemporary != null && $Object.hasOwnProperty.call(message, "fromTemporary"))
                if (typeof message.fromTemporary !== "boolean")
                    return "fromTemporary: boolean expected";
            if (message.weakHash != null && $Object.hasOwnProperty.call(message, "weakHash"))
                if (!$util.isInteger(message.weakHash))
                    return "weakHash: integer expected";
            if (message.blockNo != null && $Object.hasOwnProperty.call(message, "blockNo"))
                if (!$util.isInteger(message.blockNo))
                    return "blockNo: integer expected";
            return null;
        };

        /**
         * Creates a Request message from a plain object. Also converts values to their respective internal types.
         * @function fromObject
         * @memberof bep.Request
         * @static
         * @param {Object.<string,*>} object Plain object
         * @returns {bep.Request} Request
         */
        Request.fromObject = function (object, _depth) {
            if (object instanceof $root.bep.Request)
                return object;
            if (!$util.isObject(object))
                throw $TypeError(".bep.Request: object expected");
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let message = new $root.bep.Request();
            if (object.id != null)
                if ($Number(object.id) !== 0)
                    message.id = object.id | 0;
            if (object.folder != null)
                if (typeof object.folder !== "string" || object.folder.length)
                    message.folder = $String(object.folder);
            if (object.name != null)
                if (typeof object.name !== "string" || object.name.length)
                    message.name = $String(object.name);
            if (object.offset != null)
                if (typeof object.offset === "object" ? object.offset.low || object.offset.high : $Number(object.offset) !== 0)
                    if ($util.Long)
                        message.offset = $util.Long.fromValue(object.offset, false);
                    else if (typeof object.offset === "string")
                        message.offset = $parseInt(object.offset, 10);
                    else if (typeof object.offset === "number")
                        message.offset = object.offset;
                    else if (typeof object.offset === "object")
                        message.offset = new $util.LongBits(object.offset.low >>> 0, object.offset.high >>> 0).toNumber();
            if (object.size != null)
                if ($Number(object.size) !== 0)
                    message.size = object.size | 0;
            if (object.hash != null)
                if (object.hash.length)
                    if (typeof object.hash === "string")
                        $util.base64.decode(object.hash, message.hash = $util.newBuffer($util.base64.length(object.hash)), 0);
                    else if (object.hash.length >= 0)
                        message.hash = object.hash;
            if (object.fromTemporary != null)
                if (object.fromTemporary)
                    message.fromTemporary = $Boolean(object.fromTemporary);
            if (object.weakHash != null)
                if ($Number(object.weakHash) !== 0)
                    message.weakHash = object.weakHash >>> 0;
            if (object.blockNo != null)
                if ($Number(object.blockNo) !== 0)
                    message.blockNo = object.blockNo | 0;
            return message;
        };

        /**
         * Creates a plain object from a Request message. Also converts values to other types if specified.
         * @function toObject
         * @memberof bep.Request
         * @static
         * @param {bep.Request} message Request
         * @param {$protobuf.IConversionOptions} [options] Conversion options
         * @returns {Object.<string,*>} Plain object
         */
        Request.toObject = function (message, options, _depth) {
            if (!options)
                options = {};
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let object = {};
            if (options.defaults) {
                object.id = 0;
                object.folder = "";
                object.name = "";
                if ($util.Long) {
                    let long = new $util.Long(0, 0, false);
                    object.offset = options.longs === $String ? long.toString() : options.longs === $Number ? long.toNumber() : typeof $BigInt !== "undefined" && options.longs === $BigInt ? long.toBigInt() : long;
                } else
                    object.offset = options.longs === $String ? "0" : typeof $BigInt !== "undefined" && options.longs === $BigInt ? $BigInt("0") : 0;
                object.size = 0;
                if (options.bytes === $String)
                    object.hash = "";
                else {
                    object.hash = [];
                    if (options.bytes !== $Array)
                        object.hash = $util.newBuffer(object.hash);
                }
                object.fromTemporary = false;
                object.weakHash = 0;
                object.blockNo = 0;
            }
            if (message.id != null && $Object.hasOwnProperty.call(message, "id"))
                object.id = message.id;
            if (message.folder != null && $Object.hasOwnProperty.call(message, "folder"))
                object.folder = message.folder;
            if (message.name != null && $Object.hasOwnProperty.call(message, "name"))
                object.name = message.name;
            if (message.offset != null && $Object.hasOwnProperty.call(message, "offset"))
                if (typeof $BigInt !== "undefined" && options.longs === $BigInt)
                    object.offset = typeof message.offset === "number" ? $BigInt(message.offset) : $util.Long.fromBits(message.offset.low >>> 0, message.offset.high >>> 0, false).toBigInt();
                else if (typeof message.offset === "number")
                    object.offset = options.longs === $String ? $String(message.offset) : message.offset;
                else
                    object.offset = options.longs === $String ? $util.Long.prototype.toString.call(message.offset) : options.longs === $Number ? new $util.LongBits(message.offset.low >>> 0, message.offset.high >>> 0).toNumber() : message.offset;
            if (message.size != null && $Object.hasOwnProperty.call(message, "size"))
                object.size = message.size;
            if (message.hash != null && $Object.hasOwnProperty.call(message, "hash"))
                object.hash = options.bytes === $String ? $util.base64.encode(message.hash, 0, message.hash.length) : options.bytes === $Array ? $Array.prototype.slice.call(message.hash) : message.hash;
            if (message.fromTemporary != null && $Object.hasOwnProperty.call(message, "fromTemporary"))
                object.fromTemporary = message.fromTemporary;
            if (message.weakHash != null && $Object.hasOwnProperty.call(message, "weakHash"))
                object.weakHash = message.weakHash;
            if (message.blockNo != null && $Object.hasOwnProperty.call(message, "blockNo"))
                object.blockNo = message.blockNo;
            return object;
        };

        /**
         * Converts this Request to JSON.
         * @function toJSON
         * @memberof bep.Request
         * @instance
         * @returns {Object.<string,*>} JSON object
         */
        Request.prototype.toJSON = function() {
            return Request.toObject(this, $protobuf.util.toJSONOptions);
        };

        /**
         * Gets the type url for Request
         * @function getTypeUrl
         * @memberof bep.Request
         * @static
         * @param {string} [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns {string} The type url
         */
        Request.getTypeUrl = function(prefix) {
            if (prefix === $undefined)
                prefix = "type.googleapis.com";
            return prefix + "/bep.Request";
        };

        return Request;
    })();

    bep.Response = (function() {

        /**
         * Properties of a Response.
         * @typedef {Object} bep.Response.$Properties
         * @property {number|null} [id] Response id
         * @property {Uint8Array|null} [data] Response data
         * @property {bep.ErrorCode|null} [code] Response code
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Response.
         * @memberof bep
         * @interface IResponse
         * @augments bep.Response.$Properties
         * @deprecated Use bep.Response.$Properties instead.
         */

        /**
         * Shape of a Response.
         * @typedef {bep.Response.$Properties} bep.Response.$Shape
         */

        /**
         * Constructs a new Response.
         * @memberof bep
         * @classdesc Represents a Response.
         * @constructor
         * @param {bep.Response.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Response = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Response id.
         * @member {number} id
         * @memberof bep.Response
         * @instance
         */
        Response.prototype.id = 0;

        /**
         * Response data.
         * @member {Uint8Array} data
         * @memberof bep.Response
         * @instance
         */
        Response.prototype.data = $util.newBuffer([]);

        /**
         * Response code.
         * @member {bep.ErrorCode} code
         * @memberof bep.Response
         * @instance
         */
        Response.prototype.code = 0;

        /**
         * Creates a new Response instance using the specified properties.
         * @function create
         * @memberof bep.Response
         * @static
         * @param {bep.Response.$Properties=} [properties] Properties to set
         * @returns {bep.Response} Response instance
         * @type {{
         *   (properties: bep.Response.$Shape): bep.Response & bep.Response.$Shape;
         *   (properties?: bep.Response.$Properties): bep.Response;
         * }}
         */
        Response.create = function(properties) {
            return new Response(properties);
        };

        /**
         * Encodes the specified Response message. Does not implicitly {@link bep.Response.verify|verify} messages.
         * @function encode
         * @memberof bep.Response
         * @static
         * @param {bep.Response.$Properties} message Response message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Response.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.id != null && $Object.hasOwnProperty.call(message, "id") && message.id !== 0)
                writer.uint32(/* id 1, wireType 0 =*/8).int32(message.id);
            if (message.data != null && $Object.hasOwnProperty.call(message, "data") && message.data.length)
                writer.uint32(/* id 2, wireType 2 =*/18).bytes(message.data);
            if (message.code != null && $Object.hasOwnProperty.call(message, "code") && message.code !== 0)
                writer.uint32(/* id 3, wireType 0 =*/24).int32(message.code);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Encodes the specified Response message, length delimited. Does not implicitly {@link bep.Response.verify|verify} messages.
         * @function encodeDelimited
         * @memberof bep.Response
         * @static
         * @param {bep.Response.$Properties} message Response message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Response.encodeDelimited = function(message, writer) {
            return this.encode(message, (writer || $Writer.create()).fork()).ldelim();
        };

        /**
         * Decodes a Response message from the specified reader or buffer.
         * @function decode
         * @memberof bep.Response
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {bep.Response & bep.Response.$Shape} Response
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Response.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.bep.Response();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.int32())
                            message.id = value;
                        else
                            delete message.id;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.bytes()).length)
                            message.data = value;
                        else
                            delete message.data;
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.int32())
                            message.code = value;
                        else
                            delete message.code;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        /**
         * Decodes a Response message from the specified reader or buffer, length delimited.
         * @function decodeDelimited
         * @memberof bep.Response
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @returns {bep.Response & bep.Response.$Shape} Response
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Response.decodeDelimited = function(reader) {
            if (!(reader instanceof $Reader))
                reader = new $Reader(reader);
            return this.decode(reader, reader.size());
        };

        /**
         * Verifies a Response message.
         * @function verify
         * @memberof bep.Response
         * @static
         * @param {Object.<string,*>} message Plain object to verify
         * @returns {string|null} `null` if valid, otherwise the reason why it is not
         */
        Response.verify = function (message, _depth) {
            if (typeof message !== "object" || message === null)
                return "object expected";
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                return "max depth exceeded";
            if (message.id != null && $Object.hasOwnProperty.call(message, "id"))
                if (!$util.isInteger(message.id))
                    return "id: integer expected";
            if (message.data != null && $Object.hasOwnProperty.call(message, "data"))
                if (!(message.data && typeof message.data.length === "number" || $util.isString(message.data)))
                    return "data: buffer expected";
            if (message.code != null && $Object.hasOwnProperty.call(message, "code"))
                if (typeof message.code !== "number" || (message.code | 0) !== message.code)
                    return "code: enum value expected";
            return null;
        };

        /**
         * Creates a Response message from a plain object. Also converts values to their respective internal types.
         * @function fromObject
         * @memberof bep.Response
         * @static
         * @param {Object.<string,*>} object Plain object
         * @returns {bep.Response} Response
         */
        Response.fromObject = function (object, _depth) {
            if (object instanceof $root.bep.Response)
                return object;
            if (!$util.isObject(object))
                throw $TypeError(".bep.Response: object expected");
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let message = new $root.bep.Response();
            if (object.id != null)
                if ($Number(object.id) !== 0)
                    message.id = object.id | 0;
            if (object.data != null)
                if (object.data.length)
                    if (typeof object.data === "string")
                        $util.base64.decode(object.data, message.data = $util.newBuffer($util.base64.length(object.data)), 0);
                    else if (object.data.length >= 0)
                        message.data = object.data;
            if (object.code !== 0 && (typeof object.code !== "string" || $root.bep.ErrorCode[object.code] !== 0))
                switch (object.code) {
                case "ERROR_CODE_NO_ERROR":
                case 0:
                    message.code = 0;
                    break;
                case "ERROR_CODE_GENERIC":
                case 1:
                    message.code = 1;
                    break;
                case "ERROR_CODE_NO_SUCH_FILE":
                case 2:
                    message.code = 2;
                    break;
                case "ERROR_CODE_INVALID_FILE":
                case 3:
                    message.code = 3;
                    break;
                default:
                    if (typeof object.code === "number" && (object.code | 0) === object.code)
                        message.code = object.code;
                }
            return message;
        };

        /**
         * Creates a plain object from a Response message. Also converts values to other types if specified.
         * @function toObject
         * @memberof bep.Response
         * @static
         * @param {bep.Response} message Response
         * @param {$protobuf.IConversionOptions} [options] Conversion options
         * @returns {Object.<string,*>} Plain object
         */
        Response.toObject = function (message, options, _depth) {
            if (!options)
                options = {};
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let object = {};
            if (options.defaults) {
                object.id = 0;
                if (options.bytes === $String)
                    object.data = "";
                else {
                    object.data = [];
                    if (options.bytes !== $Array)
                        object.data = $util.newBuffer(object.data);
                }
                object.code = options.enums === $String ? "ERROR_CODE_NO_ERROR" : 0;
            }
            if (message.id != null && $Object.hasOwnProperty.call(message, "id"))
                object.id = message.id;
            if (message.data != null && $Object.hasOwnProperty.call(message, "data"))
                object.data = options.bytes === $String ? $util.base64.encode(message.data, 0, message.data.length) : options.bytes === $Array ? $Array.prototype.slice.call(message.data) : message.data;
            if (message.code != null && $Object.hasOwnProperty.call(message, "code"))
                object.code = options.enums === $String ? $root.bep.ErrorCode[message.code] === $undefined ? message.code : $root.bep.ErrorCode[message.code] : message.code;
            return object;
        };

        /**
         * Converts this Response to JSON.
         * @function toJSON
         * @memberof bep.Response
         * @instance
         * @returns {Object.<string,*>} JSON object
         */
        Response.prototype.toJSON = function() {
            return Response.toObject(this, $protobuf.util.toJSONOptions);
        };

        /**
         * Gets the type url for Response
         * @function getTypeUrl
         * @memberof bep.Response
         * @static
         * @param {string} [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns {string} The type url
         */
        Response.getTypeUrl = function(prefix) {
            if (prefix === $undefined)
                prefix = "type.googleapis.com";
            return prefix + "/bep.Response";
        };

        return Response;
    })();

    /**
     * ErrorCode enum.
     * @name bep.ErrorCode
     * @enum {number}
     * @property {number} ERROR_CODE_NO_ERROR=0 ERROR_CODE_NO_ERROR value
     * @property {number} ERROR_CODE_GENERIC=1 ERROR_CODE_GENERIC value
     * @property {number} ERROR_CODE_NO_SUCH_FILE=2 ERROR_CODE_NO_SUCH_FILE value
     * @property {number} ERROR_CODE_INVALID_FILE=3 ERROR_CODE_INVALID_FILE value
     */
    bep.ErrorCode = (function() {
        const valuesById = $Object.create(null), values = $Object.create(valuesById);
        values[valuesById[0] = "ERROR_CODE_NO_ERROR"] = 0;
        values[valuesById[1] = "ERROR_CODE_GENERIC"] = 1;
        values[valuesById[2] = "ERROR_CODE_NO_SUCH_FILE"] = 2;
        values[valuesById[3] = "ERROR_CODE_INVALID_FILE"] = 3;
        return values;
    })();

    bep.DownloadProgress = (function() {

        /**
         * Properties of a DownloadProgress.
         * @typedef {Object} bep.DownloadProgress.$Properties
         * @property {string|null} [folder] DownloadProgress folder
         * @property {Array.<bep.FileDownloadProgressUpdate.$Properties>|null} [updates] DownloadProgress updates
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a DownloadProgress.
         * @memberof bep
         * @interface IDownloadProgress
         * @augments bep.DownloadProgress.$Properties
         * @deprecated Use bep.DownloadProgress.$Properties instead.
         */

        /**
         * Shape of a DownloadProgress.
         * @typedef {bep.DownloadProgress.$Properties} bep.DownloadProgress.$Shape
         */

        /**
         * Constructs a new DownloadProgress.
         * @memberof bep
         * @classdesc Represents a DownloadProgress.
         * @constructor
         * @param {bep.DownloadProgress.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const DownloadProgress = function (properties) {
            this.updates = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * DownloadProgress folder.
         * @member {string} folder
         * @memberof bep.DownloadProgress
         * @instance
         */
        DownloadProgress.prototype.folder = "";

        /**
         * DownloadProgress updates.
         * @member {Array.<bep.FileDownloadProgressUpdate.$Properties>} updates
         * @memberof bep.DownloadProgress
         * @instance
         */
        DownloadProgress.prototype.updates = $util.emptyArray;

        /**
         * Creates a new DownloadProgress instance using the specified properties.
         * @function create
         * @memberof bep.DownloadProgress
         * @static
         * @param {bep.DownloadProgress.$Properties=} [properties] Properties to set
         * @returns {bep.DownloadProgress} DownloadProgress instance
         * @type {{
         *   (properties: bep.DownloadProgress.$Shape): bep.DownloadProgress & bep.DownloadProgress.$Shape;
         *   (properties?: bep.DownloadProgress.$Properties): bep.DownloadProgress;
         * }}
         */
        DownloadProgress.create = function(properties) {
            return new DownloadProgress(properties);
        };

        /**
         * Encodes the specified DownloadProgress message. Does not implicitly {@link bep.DownloadProgress.verify|verify} messages.
         * @function encode
         * @memberof bep.DownloadProgress
         * @static
         * @param {bep.DownloadProgress.$Properties} message DownloadProgress message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        DownloadProgress.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.folder != null && $Object.hasOwnProperty.call(message, "folder") && message.folder !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.folder);
            if (message.updates != null && message.updates.length)
                for (let i = 0; i < message.updates.length; ++i)
                    $root.bep.FileDownloadProgressUpdate.encode(message.updates[i], writer.uint32(/* id 2, wireType 2 =*/18).fork(), _depth + 1).ldelim();
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Encodes the specified DownloadProgress message, length delimited. Does not implicitly {@link bep.DownloadProgress.verify|verify} messages.
         * @function encodeDelimited
         * @memberof bep.DownloadProgress
         * @static
         * @param {bep.DownloadProgress.$Properties} message DownloadProgress message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        DownloadProgress.encodeDelimited = function(message, writer) {
            return this.encode(message, (writer || $Writer.create()).fork()).ldelim();
        };

        /**
         * Decodes a DownloadProgress message from the specified reader or buffer.
         * @function decode
         * @memberof bep.DownloadProgress
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {bep.DownloadProgress & bep.DownloadProgress.$Shape} DownloadProgress
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        DownloadProgress.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.bep.DownloadProgress();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.folder = value;
                        else
                            delete message.folder;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if (!(message.updates && message.updates.length))
                            message.updates = [];
                        message.updates.push($root.bep.FileDownloadProgressUpdate.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        /**
         * Decodes a DownloadProgress message from the specified reader or buffer, length delimited.
         * @function decodeDelimited
         * @memberof bep.DownloadProgress
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @returns {bep.DownloadProgress & bep.DownloadProgress.$Shape} DownloadProgress
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        DownloadProgress.decodeDelimited = function(reader) {
            if (!(reader instanceof $Reader))
                reader = new $Reader(reader);
            return this.decode(reader, reader.size());
        };

        /**
         * Verifies a DownloadProgress message.
         * @function verify
         * @memberof bep.DownloadProgress
         * @static
         * @param {Object.<string,*>} message Plain object to verify
         * @returns {string|null} `null` if valid, otherwise the reason why it is not
         */
        DownloadProgress.verify = function (message, _depth) {
            if (typeof message !== "object" || message === null)
                return "object expected";
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                return "max depth exceeded";
            if (message.folder != null && $Object.hasOwnProperty.call(message, "folder"))
                if (!$util.isString(message.folder))
                    return "folder: string expected";
            if (message.updates != null && $Object.hasOwnProperty.call(message, "updates")) {
                if (!$Array.isArray(message.updates))
                    return "updates: array expected";
                for (let i = 0; i < message.updates.length; ++i) {
                    let error = $root.bep.FileDownloadProgressUpdate.verify(message.updates[i], _depth + 1);
                    if (error)
                        return "updates." + error;
                }
            }
            return null;
        };

        /**
         * Creates a DownloadProgress message from a plain object. Also converts values to their respective internal types.
         * @function fromObject
         * @memberof bep.DownloadProgress
         * @static
         * @param {Object.<string,*>} object Plain object
         * @returns {bep.DownloadProgress} DownloadProgress
         */
        DownloadProgress.fromObject = function (object, _depth) {
            if (object instanceof $root.bep.DownloadProgress)
                return object;
            if (!$util.isObject(object))
                throw $TypeError(".bep.DownloadProgress: object expected");
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let message = new $root.bep.DownloadProgress();
            if (object.folder != null)
                if (typeof object.folder !== "string" || object.folder.length)
                    message.folder = $String(object.folder);
            if (object.updates) {
                if (!$Array.isArray(object.updates))
                    throw $TypeError(".bep.DownloadProgress.updates: array expected");
                message.updates = $Array(object.updates.length);
                for (let i = 0; i < object.updates.length; ++i) {
                    if (!$util.isObject(object.updates[i]))
                        throw $TypeError(".bep.DownloadProgress.updates: object expected");
                    message.updates[i] = $root.bep.FileDownloadProgressUpdate.fromObject(object.updates[i], _depth + 1);
                }
            }
            return message;
        };

        /**
         * Creates a plain object from a DownloadProgress message. Also converts values to other types if specified.
         * @function toObject
         * @memberof bep.DownloadProgress
         * @static
         * @param {bep.DownloadProgress} message DownloadProgress
         * @param {$protobuf.IConversionOptions} [options] Conversion options
         * @returns {Object.<string,*>} Plain object
         */
        DownloadProgress.toObject = function (message, options, _depth) {
            if (!options)
                options = {};
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let object = {};
            if (options.arrays || options.defaults)
                object.updates = [];
            if (options.defaults)
                object.folder = "";
            if (message.folder != null && $Object.hasOwnProperty.call(message, "folder"))
                object.folder = message.folder;
            if (message.updates && message.updates.length) {
                object.updates = $Array(message.updates.length);
                for (let j = 0; j < message.updates.length; ++j)
                    object.updates[j] = $root.bep.FileDownloadProgressUpdate.toObject(message.updates[j], options, _depth + 1);
            }
            return object;
        };

        /**
         * Converts this DownloadProgress to JSON.
         * @function toJSON
         * @memberof bep.DownloadProgress
         * @instance
         * @returns {Object.<string,*>} JSON object
         */
        DownloadProgress.prototype.toJSON = function() {
            return DownloadProgress.toObject(this, $protobuf.util.toJSONOptions);
        };

        /**
         * Gets the type url for DownloadProgress
         * @function getTypeUrl
         * @memberof bep.DownloadProgress
         * @static
         * @param {string} [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns {string} The type url
         */
        DownloadProgress.getTypeUrl = function(prefix) {
            if (prefix === $undefined)
                prefix = "type.googleapis.com";
            return prefix + "/bep.DownloadProgress";
        };

        return DownloadProgress;
    })();

    bep.FileDownloadProgressUpdate = (function() {

        /**
         * Properties of a FileDownloadProgressUpdate.
         * @typedef {Object} bep.FileDownloadProgressUpdate.$Properties
         * @property {bep.FileDownloadProgressUpdateType|null} [updateType] FileDownloadProgressUpdate updateType
         * @property {string|null} [name] FileDownloadProgressUpdate name
         * @property {bep.Vector.$Properties|null} [version] FileDownloadProgressUpdate version
         * @property {Array.<number>|null} [blockIndexes] FileDownloadProgressUpdate blockIndexes
         * @property {number|null} [blockSize] FileDownloadProgressUpdate blockSize
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a FileDownloadProgressUpdate.
         * @memberof bep
         * @interface IFileDownloadProgressUpdate
         * @augments bep.FileDownloadProgressUpdate.$Properties
         * @deprecated Use bep.FileDownloadProgressUpdate.$Properties instead.
         */

        /**
         * Shape of a FileDownloadProgressUpdate.
         * @typedef {bep.FileDownloadProgressUpdate.$Properties} bep.FileDownloadProgressUpdate.$Shape
         */

        /**
         * Constructs a new FileDownloadProgressUpdate.
         * @memberof bep
         * @classdesc Represents a FileDownloadProgressUpdate.
         * @constructor
         * @param {bep.FileDownloadProgressUpdate.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const FileDownloadProgressUpdate = function (properties) {
            this.blockIndexes = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * FileDownloadProgressUpdate updateType.
         * @member {bep.FileDownloadProgressUpdateType} updateType
         * @memberof bep.FileDownloadProgressUpdate
         * @instance
         */
        FileDownloadProgressUpdate.prototype.updateType = 0;

        /**
         * FileDownloadProgressUpdate name.
         * @member {string} name
         * @memberof bep.FileDownloadProgressUpdate
         * @instance
         */
        FileDownloadProgressUpdate.prototype.name = "";

        /**
         * FileDownloadProgressUpdate version.
         * @member {bep.Vector.$Properties|null|undefined} version
         * @memberof bep.FileDownloadProgressUpdate
         * @instance
         */
        FileDownloadProgressUpdate.prototype.version = null;

        /**
         * FileDownloadProgressUpdate blockIndexes.
         * @member {Array.<number>} blockIndexes
         * @memberof bep.FileDownloadProgressUpdate
         * @instance
         */
        FileDownloadProgressUpdate.prototype.blockIndexes = $util.emptyArray;

        /**
         * FileDownloadProgressUpdate blockSize.
         * @member {number} blockSize
         * @memberof bep.FileDownloadProgressUpdate
         * @instance
         */
        FileDownloadProgressUpdate.prototype.blockSize = 0;

        /**
         * Creates a new FileDownloadProgressUpdate instance using the specified properties.
         * @function create
         * @memberof bep.FileDownloadProgressUpdate
         * @static
         * @param {bep.FileDownloadProgressUpdate.$Properties=} [properties] Properties to set
         * @returns {bep.FileDownloadProgressUpdate} FileDownloadProgressUpdate instance
         * @type {{
         *   (properties: bep.FileDownloadProgressUpdate.$Shape): bep.FileDownloadProgressUpdate & bep.FileDownloadProgressUpdate.$Shape;
         *   (properties?: bep.FileDownloadProgressUpdate.$Properties): bep.FileDownloadProgressUpdate;
         * }}
         */
        FileDownloadProgressUpdate.create = function(properties) {
            return new FileDownloadProgressUpdate(properties);
        };

        /**
         * Encodes the specified FileDownloadProgressUpdate message. Does not implicitly {@link bep.FileDownloadProgressUpdate.verify|verify} messages.
         * @function encode
         * @memberof bep.FileDownloadProgressUpdate
         * @static
         * @param {bep.FileDownloadProgressUpdate.$Properties} message FileDownloadProgressUpdate message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        FileDownloadProgressUpdate.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.updateType != null && $Object.hasOwnProperty.call(message, "updateType") && message.updateType !== 0)
                writer.uint32(/* id 1, wireType 0 =*/8).int32(message.updateType);
            if (message.name != null && $Object.hasOwnProperty.call(message, "name") && message.name !== "")
                writer.uint32(/* id 2, wireType 2 =*/18).string(message.name);
            if (message.version != null && $Object.hasOwnProperty.call(message, "version"))
                $root.bep.Vector.encode(message.version, writer.uint32(/* id 3, wireType 2 =*/26).fork(), _depth + 1).ldelim();
            if (message.blockIndexes != null && message.blockIndexes.length)
                for (let i = 0; i < message.blockIndexes.length; ++i)
                    writer.uint32(/* id 4, wireType 0 =*/32).int32(message.blockIndexes[i]);
            if (message.blockSize != null && $Object.hasOwnProperty.call(message, "blockSize") && message.blockSize !== 0)
                writer.uint32(/* id 5, wireType 0 =*/40).int32(message.blockSize);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Encodes the specified FileDownloadProgressUpdate message, length delimited. Does not implicitly {@link bep.FileDownloadProgressUpdate.verify|verify} messages.
         * @function encodeDelimited
         * @memberof bep.FileDownloadProgressUpdate
         * @static
         * @param {bep.FileDownloadProgressUpdate.$Properties} message FileDownloadProgressUpdate message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        FileDownloadProgressUpdate.encodeDelimited = function(message, writer) {
            return this.encode(message, (writer || $Writer.create()).fork()).ldelim();
        };

        /**
         * Decodes a FileDownloadProgressUpdate message from the specified reader or buffer.
         * @function decode
         * @memberof bep.FileDownloadProgressUpdate
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {bep.FileDownloadProgressUpdate & bep.FileDownloadProgressUpdate.$Shape} FileDownloadProgressUpdate
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        FileDownloadProgressUpdate.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.bep.FileDownloadProgressUpdate();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.int32())
                            message.updateType = value;
                        else
                            delete message.updateType;
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.name = value;
                        else
                            delete message.name;
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        message.version = $root.bep.Vector.decode(reader, reader.size(), $undefined, _depth + 1, message.version);
                        continue;
                    }
                case 4: {
                        if (wireType === 2) {
                            if (!(message.blockIndexes && message.blockIndexes.length))
                                message.blockIndexes = [];
                            reader.int32s(message.blockIndexes);
                            continue;
                        }
                        if (wireType !== 0)
                            break;
                        if (!(message.blockIndexes && message.blockIndexes.length))
                            message.blockIndexes = [];
                        message.blockIndexes.push(reader.int32());
                        continue;
                    }
                case 5: {
                        if (wireType !== 0)
                            break;
                        if (value = reader.int32())
                            message.blockSize = value;
                        else
                            delete message.blockSize;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        /**
         * Decodes a FileDownloadProgressUpdate message from the specified reader or buffer, length delimited.
         * @function decodeDelimited
         * @memberof bep.FileDownloadProgressUpdate
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @returns {bep.FileDownloadProgressUpdate & bep.FileDownloadProgressUpdate.$Shape} FileDownloadProgressUpdate
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        FileDownloadProgressUpdate.decodeDelimited = function(reader) {
            if (!(reader instanceof $Reader))
                reader = new $Reader(reader);
            return this.decode(reader, reader.size());
        };

        /**
         * Verifies a FileDownloadProgressUpdate message.
         * @function verify
         * @memberof bep.FileDownloadProgressUpdate
         * @static
         * @param {Object.<string,*>} message Plain object to verify
         * @returns {string|null} `null` if valid, otherwise the reason why it is not
         */
        FileDownloadProgressUpdate.verify = function (message, _depth) {
            if (typeof message !== "object" || message === null)
                return "object expected";
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                return "max depth exceeded";
            if (message.updateType != null && $Object.hasOwnProperty.call(message, "updateType"))
                if (typeof message.updateType !== "number" || (message.updateType | 0) !== message.updateType)
                    return "updateType: enum value expected";
            if (message.name != null && $Object.hasOwnProperty.call(message, "name"))
                if (!$util.isString(message.name))
                    return "name: string expected";
            if (message.version != null && $Object.hasOwnProperty.call(message, "version")) {
                let error = $root.bep.Vector.verify(message.version, _depth + 1);
                if (error)
                    return "version." + error;
            }
            if (message.blockIndexes != null && $Object.hasOwnProperty.call(message, "blockIndexes")) {
                if (!$Array.isArray(message.blockIndexes))
                    return "blockIndexes: array expected";
                for (let i = 0; i < message.blockIndexes.length; ++i)
                    if (!$util.isInteger(message.blockIndexes[i]))
                        return "blockIndexes: integer[] expected";
            }
            if (message.blockSize != null && $Object.hasOwnProperty.call(message, "blockSize"))
                if (!$util.isInteger(message.blockSize))
                    return "blockSize: integer expected";
            return null;
        };

        /**
         * Creates a FileDownloadProgressUpdate message from a plain object. Also converts values to their respective internal types.
         * @function fromObject
         * @memberof bep.FileDownloadProgressUpdate
         * @static
         * @param {Object.<string,*>} object Plain object
         * @returns {bep.FileDownloadProgressUpdate} FileDownloadProgressUpdate
         */
        FileDownloadProgressUpdate.fromObject = function (object, _depth) {
            if (object instanceof $root.bep.FileDownloadProgressUpdate)
                return object;
            if (!$util.isObject(object))
                throw $TypeError(".bep.FileDownloadProgressUpdate: object expected");
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let message = new $root.bep.FileDownloadProgressUpdate();
            if (object.updateType !== 0 && (typeof object.updateType !== "string" || $root.bep.FileDownloadProgressUpdateType[object.updateType] !== 0))
                switch (object.updateType) {
                case "FILE_DOWNLOAD_PROGRESS_UPDATE_TYPE_APPEND":
                case 0:
                    message.updateType = 0;
                    break;
                case "FILE_DOWNLOAD_PROGRESS_UPDATE_TYPE_FORGET":
                case 1:
                    message.updateType = 1;
                    break;
                default:
                    if (typeof object.updateType === "number" && (object.updateType | 0) === object.updateType)
                        message.updateType = object.updateType;
                }
            if (object.name != null)
                if (typeof object.name !== "string" || object.name.length)
                    message.name = $String(object.name);
            if (object.version != null) {
                if (!$util.isObject(object.version))
                    throw $TypeError(".bep.FileDownloadProgressUpdate.version: object expected");
                message.version = $root.bep.Vector.fromObject(object.version, _depth + 1);
            }
            if (object.blockIndexes) {
                if (!$Array.isArray(object.blockIndexes))
                    throw $TypeError(".bep.FileDownloadProgressUpdate.blockIndexes: array expected");
                message.blockIndexes = $Array(object.blockIndexes.length);
                for (let i = 0; i < object.blockIndexes.length; ++i)
                    message.blockIndexes[i] = object.blockIndexes[i] | 0;
            }
            if (object.blockSize != null)
                if ($Number(object.blockSize) !== 0)
                    message.blockSize = object.blockSize | 0;
            return message;
        };

        /**
         * Creates a plain object from a FileDownloadProgressUpdate message. Also converts values to other types if specified.
         * @function toObject
         * @memberof bep.FileDownloadProgressUpdate
         * @static
         * @param {bep.FileDownloadProgressUpdate} message FileDownloadProgressUpdate
         * @param {$protobuf.IConversionOptions} [options] Conversion options
         * @returns {Object.<string,*>} Plain object
         */
        FileDownloadProgressUpdate.toObject = function (message, options, _depth) {
            if (!options)
                options = {};
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let object = {};
            if (options.arrays || options.defaults)
                object.blockIndexes = [];
            if (options.defaults) {
                object.updateType = options.enums === $String ? "FILE_DOWNLOAD_PROGRESS_UPDATE_TYPE_APPEND" : 0;
                object.name = "";
                object.version = null;
                object.blockSize = 0;
            }
            if (message.updateType != null && $Object.hasOwnProperty.call(message, "updateType"))
                object.updateType = options.enums === $String ? $root.bep.FileDownloadProgressUpdateType[message.updateType] === $undefined ? message.updateType : $root.bep.FileDownloadProgressUpdateType[message.updateType] : message.updateType;
            if (message.name != null && $Object.hasOwnProperty.call(message, "name"))
                object.name = message.name;
            if (message.version != null && $Object.hasOwnProperty.call(message, "version"))
                object.version = $root.bep.Vector.toObject(message.version, options, _depth + 1);
            if (message.blockIndexes && message.blockIndexes.length) {
                object.blockIndexes = $Array(message.blockIndexes.length);
                for (let j = 0; j < message.blockIndexes.length; ++j)
                    object.blockIndexes[j] = message.blockIndexes[j];
            }
            if (message.blockSize != null && $Object.hasOwnProperty.call(message, "blockSize"))
                object.blockSize = message.blockSize;
            return object;
        };

        /**
         * Converts this FileDownloadProgressUpdate to JSON.
         * @function toJSON
         * @memberof bep.FileDownloadProgressUpdate
         * @instance
         * @returns {Object.<string,*>} JSON object
         */
        FileDownloadProgressUpdate.prototype.toJSON = function() {
            return FileDownloadProgressUpdate.toObject(this, $protobuf.util.toJSONOptions);
        };

        /**
         * Gets the type url for FileDownloadProgressUpdate
         * @function getTypeUrl
         * @memberof bep.FileDownloadProgressUpdate
         * @static
         * @param {string} [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns {string} The type url
         */
        FileDownloadProgressUpdate.getTypeUrl = function(prefix) {
            if (prefix === $undefined)
                prefix = "type.googleapis.com";
            return prefix + "/bep.FileDownloadProgressUpdate";
        };

        return FileDownloadProgressUpdate;
    })();

    /**
     * FileDownloadProgressUpdateType enum.
     * @name bep.FileDownloadProgressUpdateType
     * @enum {number}
     * @property {number} FILE_DOWNLOAD_PROGRESS_UPDATE_TYPE_APPEND=0 FILE_DOWNLOAD_PROGRESS_UPDATE_TYPE_APPEND value
     * @property {number} FILE_DOWNLOAD_PROGRESS_UPDATE_TYPE_FORGET=1 FILE_DOWNLOAD_PROGRESS_UPDATE_TYPE_FORGET value
     */
    bep.FileDownloadProgressUpdateType = (function() {
        const valuesById = $Object.create(null), values = $Object.create(valuesById);
        values[valuesById[0] = "FILE_DOWNLOAD_PROGRESS_UPDATE_TYPE_APPEND"] = 0;
        values[valuesById[1] = "FILE_DOWNLOAD_PROGRESS_UPDATE_TYPE_FORGET"] = 1;
        return values;
    })();

    bep.Ping = (function() {

        /**
         * Properties of a Ping.
         * @typedef {Object} bep.Ping.$Properties
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Ping.
         * @memberof bep
         * @interface IPing
         * @augments bep.Ping.$Properties
         * @deprecated Use bep.Ping.$Properties instead.
         */

        /**
         * Shape of a Ping.
         * @typedef {bep.Ping.$Properties} bep.Ping.$Shape
         */

        /**
         * Constructs a new Ping.
         * @memberof bep
         * @classdesc Represents a Ping.
         * @constructor
         * @param {bep.Ping.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Ping = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Creates a new Ping instance using the specified properties.
         * @function create
         * @memberof bep.Ping
         * @static
         * @param {bep.Ping.$Properties=} [properties] Properties to set
         * @returns {bep.Ping} Ping instance
         * @type {{
         *   (properties: bep.Ping.$Shape): bep.Ping & bep.Ping.$Shape;
         *   (properties?: bep.Ping.$Properties): bep.Ping;
         * }}
         */
        Ping.create = function(properties) {
            return new Ping(properties);
        };

        /**
         * Encodes the specified Ping message. Does not implicitly {@link bep.Ping.verify|verify} messages.
         * @function encode
         * @memberof bep.Ping
         * @static
         * @param {bep.Ping.$Properties} message Ping message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Ping.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Encodes the specified Ping message, length delimited. Does not implicitly {@link bep.Ping.verify|verify} messages.
         * @function encodeDelimited
         * @memberof bep.Ping
         * @static
         * @param {bep.Ping.$Properties} message Ping message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Ping.encodeDelimited = function(message, writer) {
            return this.encode(message, (writer || $Writer.create()).fork()).ldelim();
        };

        /**
         * Decodes a Ping message from the specified reader or buffer.
         * @function decode
         * @memberof bep.Ping
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {bep.Ping & bep.Ping.$Shape} Ping
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Ping.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.bep.Ping();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                reader.skipType(tag & 7, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        /**
         * Decodes a Ping message from the specified reader or buffer, length delimited.
         * @function decodeDelimited
         * @memberof bep.Ping
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @returns {bep.Ping & bep.Ping.$Shape} Ping
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Ping.decodeDelimited = function(reader) {
            if (!(reader instanceof $Reader))
                reader = new $Reader(reader);
            return this.decode(reader, reader.size());
        };

        /**
         * Verifies a Ping message.
         * @function verify
         * @memberof bep.Ping
         * @static
         * @param {Object.<string,*>} message Plain object to verify
         * @returns {string|null} `null` if valid, otherwise the reason why it is not
         */
        Ping.verify = function (message, _depth) {
            if (typeof message !== "object" || message === null)
                return "object expected";
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                return "max depth exceeded";
            return null;
        };

        /**
         * Creates a Ping message from a plain object. Also converts values to their respective internal types.
         * @function fromObject
         * @memberof bep.Ping
         * @static
         * @param {Object.<string,*>} object Plain object
         * @returns {bep.Ping} Ping
         */
        Ping.fromObject = function (object, _depth) {
            if (object instanceof $root.bep.Ping)
                return object;
            if (!$util.isObject(object))
                throw $TypeError(".bep.Ping: object expected");
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            return new $root.bep.Ping();
        };

        /**
         * Creates a plain object from a Ping message. Also converts values to other types if specified.
         * @function toObject
         * @memberof bep.Ping
         * @static
         * @param {bep.Ping} message Ping
         * @param {$protobuf.IConversionOptions} [options] Conversion options
         * @returns {Object.<string,*>} Plain object
         */
        Ping.toObject = function () {
            return {};
        };

        /**
         * Converts this Ping to JSON.
         * @function toJSON
         * @memberof bep.Ping
         * @instance
         * @returns {Object.<string,*>} JSON object
         */
        Ping.prototype.toJSON = function() {
            return Ping.toObject(this, $protobuf.util.toJSONOptions);
        };

        /**
         * Gets the type url for Ping
         * @function getTypeUrl
         * @memberof bep.Ping
         * @static
         * @param {string} [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns {string} The type url
         */
        Ping.getTypeUrl = function(prefix) {
            if (prefix === $undefined)
                prefix = "type.googleapis.com";
            return prefix + "/bep.Ping";
        };

        return Ping;
    })();

    bep.Close = (function() {

        /**
         * Properties of a Close.
         * @typedef {Object} bep.Close.$Properties
         * @property {string|null} [reason] Close reason
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Close.
         * @memberof bep
         * @interface IClose
         * @augments bep.Close.$Properties
         * @deprecated Use bep.Close.$Properties instead.
         */

        /**
         * Shape of a Close.
         * @typedef {bep.Close.$Properties} bep.Close.$Shape
         */

        /**
         * Constructs a new Close.
         * @memberof bep
         * @classdesc Represents a Close.
         * @constructor
         * @param {bep.Close.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Close = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Close reason.
         * @member {string} reason
         * @memberof bep.Close
         * @instance
         */
        Close.prototype.reason = "";

        /**
         * Creates a new Close instance using the specified properties.
         * @function create
         * @memberof bep.Close
         * @static
         * @param {bep.Close.$Properties=} [properties] Properties to set
         * @returns {bep.Close} Close instance
         * @type {{
         *   (properties: bep.Close.$Shape): bep.Close & bep.Close.$Shape;
         *   (properties?: bep.Close.$Properties): bep.Close;
         * }}
         */
        Close.create = function(properties) {
            return new Close(properties);
        };

        /**
         * Encodes the specified Close message. Does not implicitly {@link bep.Close.verify|verify} messages.
         * @function encode
         * @memberof bep.Close
         * @static
         * @param {bep.Close.$Properties} message Close message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Close.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.reason != null && $Object.hasOwnProperty.call(message, "reason") && message.reason !== "")
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.reason);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Encodes the specified Close message, length delimited. Does not implicitly {@link bep.Close.verify|verify} messages.
         * @function encodeDelimited
         * @memberof bep.Close
         * @static
         * @param {bep.Close.$Properties} message Close message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Close.encodeDelimited = function(message, writer) {
            return this.encode(message, (writer || $Writer.create()).fork()).ldelim();
        };

        /**
         * Decodes a Close message from the specified reader or buffer.
         * @function decode
         * @memberof bep.Close
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {bep.Close & bep.Close.$Shape} Close
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Close.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message, value;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.bep.Close();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        if ((value = reader.stringVerify()).length)
                            message.reason = value;
                        else
                            delete message.reason;
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        /**
         * Decodes a Close message from the specified reader or buffer, length delimited.
         * @function decodeDelimited
         * @memberof bep.Close
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @returns {bep.Close & bep.Close.$Shape} Close
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Close.decodeDelimited = function(reader) {
            if (!(reader instanceof $Reader))
                reader = new $Reader(reader);
            return this.decode(reader, reader.size());
        };

        /**
         * Verifies a Close message.
         * @function verify
         * @memberof bep.Close
         * @static
         * @param {Object.<string,*>} message Plain object to verify
         * @returns {string|null} `null` if valid, otherwise the reason why it is not
         */
        Close.verify = function (message, _depth) {
            if (typeof message !== "object" || message === null)
                return "object expected";
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                return "max depth exceeded";
            if (message.reason != null && $Object.hasOwnProperty.call(message, "reason"))
                if (!$util.isString(message.reason))
                    return "reason: string expected";
            return null;
        };

        /**
         * Creates a Close message from a plain object. Also converts values to their respective internal types.
         * @function fromObject
         * @memberof bep.Close
         * @static
         * @param {Object.<string,*>} object Plain object
         * @returns {bep.Close} Close
         */
        Close.fromObject = function (object, _depth) {
            if (object instanceof $root.bep.Close)
                return object;
            if (!$util.isObject(object))
                throw $TypeError(".bep.Close: object expected");
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let message = new $root.bep.Close();
            if (object.reason != null)
                if (typeof object.reason !== "string" || object.reason.length)
                    message.reason = $String(object.reason);
            return message;
        };

        /**
         * Creates a plain object from a Close message. Also converts values to other types if specified.
         * @function toObject
         * @memberof bep.Close
         * @static
         * @param {bep.Close} message Close
         * @param {$protobuf.IConversionOptions} [options] Conversion options
         * @returns {Object.<string,*>} Plain object
         */
        Close.toObject = function (message, options, _depth) {
            if (!options)
                options = {};
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            let object = {};
            if (options.defaults)
                object.reason = "";
            if (message.reason != null && $Object.hasOwnProperty.call(message, "reason"))
                object.reason = message.reason;
            return object;
        };

        /**
         * Converts this Close to JSON.
         * @function toJSON
         * @memberof bep.Close
         * @instance
         * @returns {Object.<string,*>} JSON object
         */
        Close.prototype.toJSON = function() {
            return Close.toObject(this, $protobuf.util.toJSONOptions);
        };

        /**
         * Gets the type url for Close
         * @function getTypeUrl
         * @memberof bep.Close
         * @static
         * @param {string} [prefix] Custom type url prefix, defaults to `"type.googleapis.com"`
         * @returns {string} The type url
         */
        Close.getTypeUrl = function(prefix) {
            if (prefix === $undefined)
                prefix = "type.googleapis.com";
            return prefix + "/bep.Close";
        };

        return Close;
    })();

    return bep;
})();

export {
  $root as default
};
